"""How keys sort, as SQL: what indexes are made of and what readers order by must be one text."""

# Naturally: by what stands before their last number, then by that number (`P-2` before `P-10`).
KEY_ORDER = (
    "rtrim(issue_key, '0123456789'), "
    "CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), "
    "issue_key"
)
