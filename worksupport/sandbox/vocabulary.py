"""The words the made-up issues are made of: an insurer's claims products, their features and daily work."""

FLAG_FIELD = "customfield_10021"
# Project, product, three versions (released, in development, planned), three features for each version.
PRODUCTS = (
    (
        "IAIPORT",
        "Claims Portal",
        ("4.1", "4.2", "5.0"),
        (
            ("claim status timeline", "photo upload from the phone", "sign-in with BankID"),
            ("repair shop booking", "payout forecast", "shared claims for families"),
            ("voice claim intake", "glass damage fast lane", "accessible claim forms"),
        ),
    ),
    (
        "AIPRDV",
        "Document Reader",
        ("2.7", "2.8", "3.0"),
        (
            ("handwritten report reading", "invoice line extraction", "licence plate masking"),
            ("accident sketch reading", "medical letter sorting", "duplicate invoice search"),
            ("table reading across pages", "Māori and Samoan form reading", "signature check"),
        ),
    ),
    (
        "AIMP",
        "Model Platform",
        ("1.9", "1.10", "2.0"),
        (
            ("model gateway", "nightly quality report", "GPU quota view"),
            ("shadow deployments", "prompt registry", "drift alarm"),
            ("per-region models", "explanation store", "cost ledger"),
        ),
    ),
    (
        "IACU",
        "Adjuster Desk",
        ("7.3", "7.4", "8.0"),
        (
            ("fraud hints in the claim list", "reserve suggestions", "bulk reassignment"),
            ("call summary", "policy wording search", "second-opinion queue"),
            ("field visit planner", "subrogation finder", "weekend triage rules"),
        ),
    ),
)

STORIES = (
    "Show who changed the {} last",
    "Explain the {} to auditors in plain words",
    "Keep a seven-year history for the {}",
    "Let team leads switch off the {} per branch",
    "Send a notice when the {} needs a person",
    "Compare the {} before and after an upgrade",
    "Open the {} from a link in an e-mail",
    "Export the {} as a spreadsheet",
)
LATER_STORIES = (
    "Use the {} with a keyboard alone",
    "Say in the {} how long it will take",
    "Find a claim from the {} by its number",
    "Print the {} on one page",
)
TASKS = (
    "Load-test the {} with last March's peak",
    "Write the runbook for the {}",
    "Move the {} to the new message queue",
    "Remove the feature flag around the {}",
    "Add the {} to the on-call dashboard",
    "Rotate the service keys of the {}",
)
SUB_TASKS = ("Agree on the wording", "Design review", "Update the API description", "Translate the texts")
BUGS = (
    "Yesterday's numbers in the {} after midnight in Auckland",
    "Two people at once break the {}",
    "The time zone of the branch is ignored by the {}",
    "Slow answers from the {} after the nightly restart",
)
CUSTOMERS = (
    "Westfjord Forsikring",
    "Kōwhai Mutual",
    "Ålandsbanken Liv",
    "Caisse des Deux Rives",
    "Northern Plains Insurance",
    "Seguros Peñalara",
)
ROLL_OUT = ("Connect single sign-on of {}", "Train the service desk of {}", "Import the open claims of {}")
EPICS = ("Replace the message queue", "Second data centre", "Cloud cost below plan", "Design system refresh")
OTHER_LABELS = ("backend", "ux", "quality", "security", "customer-request", "tech-debt", "Q4", "ml-ops")

# Repositories, two of one name, and titles for GitHub.
REPOSITORIES = (
    "lumenclaims/portal",
    "lumenclaims/reader",
    "lumenclaims/platform",
    "kowhai-mutual/portal",
    "lumen-labs/notebooks",
)
GITHUB_TITLES = (
    "Document the settings of the {}",
    "Flaky test in the {} suite",
    "The {} loses keyboard focus after a reload",
    "Memory grows while the {} handles 300-page scans",
    "Metrics of the {} have no unit",
    "Typo in the German texts of the {}",
)
GITHUB_LABELS = ("good first issue", "type: bug", "priority: high", "help wanted", "ci", 'says "flaky"')
