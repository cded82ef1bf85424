"""The queries of the two scripts that we are compared with."""

ROOTS = (
    'project in (IAIPORT, AIPRDV, AIMP, IACU) AND type = "Product Version" AND labels = "SE_product_family"'
)
CHILDREN = {
    "Product Version": '("Feature", "Customer Adoption")',
    "Feature": '("Story", "Task")',
    "Customer Adoption": '("Story")',
}
FIELDS = "summary,assignee,status,labels,issuetype,parent,created,updated,resolutiondate"
