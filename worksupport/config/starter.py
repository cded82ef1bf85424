"""The starter configuration of `init`; `config/team_members.properties.example` has the same text."""

TEXT = """\
# worksupport: who is in the team, and how to reach Jira and GitHub.
#
# One "key=value" a line, UTF-8; a line that starts with # is a comment. Write a backslash as two.
# Fill in what reads "your..." and "Your...". Lines that are commented out show the default.
# Every key outside "Team" and "Issue types" can also come from the environment, which beats this file:
# jira.api_token from WORKSUPPORT_JIRA_API_TOKEN, or, for the four secrets, from the file that
# WORKSUPPORT_JIRA_API_TOKEN_FILE names or the command that WORKSUPPORT_JIRA_API_TOKEN_COMMAND names.

# --- Team -----------------------------------------------------------------------------------------
# team.member.<id>.name       as shown in answers; the id is yours to choose and may hold dots
# team.member.<id>.jira_id    an e-mail address or an accountId (Data Center: a user name)
# team.member.<id>.github_id  a GitHub login
# Either jira_id or github_id may be left out. Repeat the three lines for each person.
team.member.jane.doe.name=Your Name
team.member.jane.doe.jira_id=your_email@company.com
team.member.jane.doe.github_id=your_github_login

# --- Jira (leave jira.api_token and jira.email out if you do not use it) --------------------------
jira.base_url=https://company.atlassian.net
# The account that the token belongs to. Data Center: leave it out, the token says it all.
jira.email=your_email@company.com
# From https://id.atlassian.com/manage-profile/security/api-tokens (secret)
jira.api_token=your_jira_api_token
# Also harvest the members' issues with this label, in any project; empty: none of them.
jira.issue_label=work-support
# Where the hierarchy starts. The default, with the type as your site calls it:
# jira.root_jql=project in (IAIPORT, AIPRDV, AIMP, IACU) AND type = "Product Version" \\
#   AND labels = SE_product_family

# --- GitHub (leave github.api_token out if you do not use it) -------------------------------------
# From https://github.com/settings/tokens, with the right to read the repositories' issues (secret)
github.api_token=your_github_personal_access_token
# Harvest the members' issues with this label. Needed: without it every issue would be fetched.
github.issue_label=work-support
# The root of the API; GitHub Enterprise: https://your-server/api/v3
# github.base_url=https://api.github.com
# More search qualifiers, such as org:acme
# github.search_scope=

# --- Harvest --------------------------------------------------------------------------------------
# How often cron runs it (hours); data that is older counts as stale.
# harvest.interval_hours=2
# Issues that the services no longer show are removed after this many days.
# harvest.retention_days=90
# Jira queries in flight at once (1 to 64).
# harvest.concurrency=8
# A request that takes longer has failed (seconds).
# http.timeout_seconds=60
# The longest wait that a service may ask for before the run gives up (seconds).
# http.max_wait_seconds=300
# A run that would remove more of a source than this stops instead (percent).
# reload.max_delete_percent=50

# --- Database and server --------------------------------------------------------------------------
# The database file, relative to this file's folder. Empty: worksupport/worksupport.db in your data
# folder (~/.local/share, or XDG_DATA_HOME).
# database.path=
# serve.host=127.0.0.1
# serve.port=8000
# Needed as soon as serve.host is not loopback (secret).
# serve.token=
# Requests per address and minute; 0 = no limit.
# serve.rate_limit_per_minute=6000

# --- Monitoring -----------------------------------------------------------------------------------
# An address to call at the start and the end of each run, as healthchecks.io gives them (secret).
# monitor.ping_url=

# --- Issue types ----------------------------------------------------------------------------------
# The levels of the tree. One issue_type key is enough to replace the whole default, which is:
# issue_type.10004.name=Product Version
# issue_type.10004.child_type_ids=10000, 11140
# issue_type.10000.name=Feature
# issue_type.10000.child_type_ids=10101, 10104
# issue_type.11140.name=Customer Adoption
# issue_type.11140.child_type_ids=10101
# issue_type.10101.name=Story
# issue_type.10104.name=Task
# An icon may be added to each: issue_type.<id>.url=https://...
"""
