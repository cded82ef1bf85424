"""The tables, as numbered migrations: frozen text that only adds, so that an old file is upgraded in seconds.

Each runs once, in one transaction, and raises `user_version`. A migration that has been released is never
edited: what a constant says today is not what it said then. Null in an added column means not read yet. The
five tables of the user's design keep its columns. All times are UTC text `YYYY-MM-DDTHH:MM:SS.mmmZ`.
"""

_M001_TABLES = (
    """CREATE TABLE team_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    jira_id TEXT NOT NULL,          -- as configured; '' for none
    github_id TEXT NOT NULL,        -- as configured; '' for none
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    member_id TEXT NOT NULL UNIQUE, -- the <id> of team.member.<id>
    jira_account_id TEXT            -- the account that an e-mail address was resolved to, kept
)""",
    """CREATE TABLE issue_types (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT,
    child_type_ids TEXT,            -- JSON array of child type ids
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)""",
    """CREATE TABLE issues (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,           -- 'jira' or 'github'
    source_id TEXT NOT NULL,        -- the vendor's immutable id
    issue_key TEXT NOT NULL,
    summary TEXT,
    assignee TEXT,                  -- the member's name, else the first assignee's display name or login
    assignees TEXT,                 -- JSON array of names
    status TEXT,
    status_category TEXT,           -- 'new', 'indeterminate', 'done' or null
    state_reason TEXT,
    labels TEXT,                    -- JSON array
    issue_type_id INTEGER REFERENCES issue_types(id),
    vendor_type TEXT,               -- JSON: id and name as the service says
    parent_key TEXT,
    url TEXT,
    created_at TIMESTAMP,
    updated_at TIMESTAMP,
    closed_at TIMESTAMP,
    -- JSON array of [the service's account id or login, name]
    assignee_accounts TEXT NOT NULL DEFAULT '[]',
    harvested_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    missing_since TIMESTAMP,        -- a complete harvest no longer found it
    seen_run TEXT,                  -- the run that saw it last: what is unseen is decided by membership
    UNIQUE (issue_key),
    UNIQUE (source, source_id)
)""",
    """CREATE TABLE issue_labels (
    issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    folded TEXT NOT NULL,           -- for filters, which do not regard case
    PRIMARY KEY (issue_id, label)
) WITHOUT ROWID""",
    """CREATE TABLE issue_assignees (
    issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
    account TEXT NOT NULL,          -- the service's account id or login; '' if it tells none
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (issue_id, account, name)
) WITHOUT ROWID""",
    """CREATE TABLE harvest_jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    completed_at TIMESTAMP,
    status TEXT,                    -- 'running', 'completed', 'failed'
    records_processed INTEGER DEFAULT 0,
    error_message TEXT,
    run_id TEXT,
    requests INTEGER DEFAULT 0,
    retries INTEGER DEFAULT 0,
    warnings TEXT DEFAULT '[]'      -- JSON array
)""",
    """CREATE TABLE reload_tracking (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reload_started TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    status TEXT DEFAULT 'running',  -- 'running', 'completed', 'failed'
    completed_at TIMESTAMP,
    records_processed INTEGER DEFAULT 0,
    error_message TEXT,
    source TEXT DEFAULT 'manual',   -- 'manual', 'automatic', 'scheduled'
    triggered_by TEXT,
    issues_deleted INTEGER DEFAULT 0,
    duration_seconds INTEGER,
    run_id TEXT,
    requests INTEGER DEFAULT 0,
    retries INTEGER DEFAULT 0,
    warnings TEXT DEFAULT '[]',
    stop_requested INTEGER DEFAULT 0
)""",
    """CREATE TABLE source_results (
    run_id TEXT NOT NULL,
    source TEXT NOT NULL,           -- 'jira' or 'github'
    is_on INTEGER NOT NULL,         -- it had credentials
    asked INTEGER NOT NULL,         -- and was not skipped by --source
    status TEXT NOT NULL,           -- 'running', 'completed', 'failed', 'skipped', 'off'
    ended_at TIMESTAMP,
    stored INTEGER NOT NULL DEFAULT 0, -- its issues are in the answers: completed and, for a reload, merged
    issues INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    removed INTEGER NOT NULL DEFAULT 0,
    requests INTEGER NOT NULL DEFAULT 0,
    error_message TEXT,
    PRIMARY KEY (run_id, source)
) WITHOUT ROWID""",
    """CREATE TABLE data_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    data_version INTEGER NOT NULL   -- raised by every write that changes an answer
)""",
    """CREATE TABLE staged_issues (
    source TEXT NOT NULL,           -- 'jira' or 'github'
    source_id TEXT NOT NULL,        -- the vendor's immutable id
    issue_key TEXT NOT NULL,
    summary TEXT,
    assignee TEXT,                  -- the member's name, else the first assignee's display name or login
    assignees TEXT,                 -- JSON array of names
    status TEXT,
    status_category TEXT,           -- 'new', 'indeterminate', 'done' or null
    state_reason TEXT,
    labels TEXT,                    -- JSON array
    issue_type_id INTEGER REFERENCES issue_types(id),
    vendor_type TEXT,               -- JSON: id and name as the service says
    parent_key TEXT,
    url TEXT,
    created_at TIMESTAMP,
    updated_at TIMESTAMP,
    closed_at TIMESTAMP,
    -- JSON array of [the service's account id or login, name]
    assignee_accounts TEXT NOT NULL DEFAULT '[]',
    UNIQUE (source, source_id)
)""",
    "CREATE INDEX issues_by_key_order ON issues (rtrim(issue_key, '0123456789'), "
    "CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), issue_key, source) "
    "WHERE missing_since IS NULL",
    "CREATE INDEX issues_missing ON issues (rtrim(issue_key, '0123456789'), "
    "CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), issue_key) "
    "WHERE missing_since IS NOT NULL",
    "CREATE INDEX issues_by_parent ON issues (parent_key COLLATE NOCASE)",
    "CREATE INDEX issues_by_type ON issues (issue_type_id)",
    "CREATE INDEX issue_labels_by_label ON issue_labels (folded, issue_id)",
    "CREATE INDEX issue_assignees_by_name ON issue_assignees (folded, issue_id)",
    "CREATE INDEX staged_issues_by_key ON staged_issues (issue_key)",
    "CREATE INDEX source_results_by_end ON source_results (source, stored, ended_at)",
    "INSERT INTO data_state (id, data_version) VALUES (1, 0)",
    "PRAGMA user_version = 1",
)

# What a run asked a source for: 'full', or 'since' for what changed; only a full one tells what is missing.
_M002_SCOPE = (
    "ALTER TABLE harvest_jobs ADD COLUMN scope TEXT",
    "ALTER TABLE reload_tracking ADD COLUMN scope TEXT",
    "ALTER TABLE source_results ADD COLUMN scope TEXT",
    "PRAGMA user_version = 2",
)

# `interval_hours`: as the newest run had it configured; readers tell by it what is old.
_M003_READERS = (
    "CREATE INDEX issues_by_vendor_type ON issues (vendor_type)",
    "ALTER TABLE data_state ADD COLUMN interval_hours REAL",
    "ALTER TABLE source_results ADD COLUMN hint TEXT",  # what to do about its error
    "PRAGMA user_version = 3",
)

# `data_version`: that of the data when a run ended. It never goes back, so it tells the newest whatever the
# clock said. `staged_issues.run_id`: whose row it is, so that no other run takes it for its own.
_M004_ORDER = (
    "ALTER TABLE harvest_jobs ADD COLUMN data_version INTEGER",
    "ALTER TABLE reload_tracking ADD COLUMN data_version INTEGER",
    "ALTER TABLE source_results ADD COLUMN data_version INTEGER",
    "ALTER TABLE staged_issues ADD COLUMN run_id TEXT",
    "CREATE INDEX harvest_jobs_by_version ON harvest_jobs (status, data_version, completed_at)",
    "CREATE INDEX reload_tracking_by_version ON reload_tracking (status, data_version, completed_at)",
    "CREATE INDEX source_results_by_version ON source_results (source, stored, data_version, ended_at)",
    "PRAGMA user_version = 4",
)

# What answers say beside the first columns (null: not read yet), and the texts that words are sought in. They
# stand apart, so that reading all issues stays quick; of `issues` only a changed key, title or label touches
# them.
_M005_ANSWERS = (
    *(
        f"ALTER TABLE {table} ADD COLUMN {column}"
        for table in ("issues", "staged_issues")
        for column in (
            "priority TEXT",
            "resolution TEXT",
            "reporter TEXT",
            "due_date TEXT",
            "fix_versions TEXT",
            "flagged INTEGER",
            "named_keys TEXT",  # JSON: which Jira issues its text names, by place
        )
    ),
    "ALTER TABLE staged_issues ADD COLUMN description TEXT",
    "ALTER TABLE issues ADD COLUMN state TEXT",  # todo, doing, blocked, done, dropped
    "ALTER TABLE issues ADD COLUMN first_seen_at TIMESTAMP",
    "ALTER TABLE issues ADD COLUMN parent_by TEXT",  # the place whose key made parent_key; null: the service
    "ALTER TABLE team_members ADD COLUMN teams TEXT",  # JSON array
    "ALTER TABLE data_state ADD COLUMN state_rules TEXT",  # JSON: what `state` was decided by, the weekend
    "CREATE INDEX issues_by_state ON issues (state)",
    "CREATE INDEX issues_by_change ON issues (updated_at)",
    "CREATE TABLE former_keys (source TEXT, former_key TEXT, issue_id INTEGER NOT NULL REFERENCES issues(id) "
    "ON DELETE CASCADE, PRIMARY KEY (former_key, source)) WITHOUT ROWID",
    """CREATE TABLE issue_texts (
    issue_id INTEGER PRIMARY KEY REFERENCES issues(id) ON DELETE CASCADE,
    issue_key TEXT NOT NULL,
    summary TEXT,
    labels TEXT,
    description TEXT                -- plain text; null: not read
)""",
    """CREATE VIRTUAL TABLE issue_words USING fts5(
    issue_key, summary, labels, description, content = 'issue_texts', content_rowid = 'issue_id',
    tokenize = 'unicode61'
)""",
    """CREATE TRIGGER issue_texts_added AFTER INSERT ON issue_texts BEGIN
    INSERT INTO issue_words (rowid, issue_key, summary, labels, description)
    VALUES (new.issue_id, new.issue_key, new.summary, new.labels, new.description);
END""",
    """CREATE TRIGGER issue_texts_removed AFTER DELETE ON issue_texts BEGIN
    INSERT INTO issue_words (issue_words, rowid, issue_key, summary, labels, description)
    VALUES ('delete', old.issue_id, old.issue_key, old.summary, old.labels, old.description);
END""",
    """CREATE TRIGGER issue_texts_changed AFTER UPDATE ON issue_texts BEGIN
    INSERT INTO issue_words (issue_words, rowid, issue_key, summary, labels, description)
    VALUES ('delete', old.issue_id, old.issue_key, old.summary, old.labels, old.description);
    INSERT INTO issue_words (rowid, issue_key, summary, labels, description)
    VALUES (new.issue_id, new.issue_key, new.summary, new.labels, new.description);
END""",
    """CREATE TRIGGER issues_added AFTER INSERT ON issues BEGIN
    INSERT INTO issue_texts (issue_id, issue_key, summary, labels)
    VALUES (new.id, new.issue_key, new.summary, new.labels);
END""",
    """CREATE TRIGGER issues_renamed AFTER UPDATE OF issue_key, summary, labels ON issues
WHEN old.issue_key IS NOT new.issue_key OR old.summary IS NOT new.summary OR old.labels IS NOT new.labels
BEGIN
    UPDATE issue_texts SET issue_key = new.issue_key, summary = new.summary, labels = new.labels
    WHERE issue_id = new.id;
END""",
    "INSERT INTO issue_texts (issue_id, issue_key, summary, labels) "
    "SELECT id, issue_key, summary, labels FROM issues",
    "PRAGMA user_version = 5",
)

# The record of changes. `issues.tracked`: the values that are compared, in the service's ids, as JSON;
# `changes_through`: the `updated_at` as of which the past was read. `changes.issue` is `issues.id`,
# which is never given again; a time is exact (`at`) or lies in (`not_before`, `seen_at`].
_M006_CHANGES = (
    "ALTER TABLE issues ADD COLUMN tracked TEXT",
    "ALTER TABLE issues ADD COLUMN changes_through TIMESTAMP",
    "ALTER TABLE issues ADD COLUMN missing_reason TEXT",
    "ALTER TABLE staged_issues ADD COLUMN tracked TEXT",
    "ALTER TABLE source_results ADD COLUMN began_at TIMESTAMP",  # by the service's clock
    "ALTER TABLE source_results ADD COLUMN past_requests INTEGER",
    "ALTER TABLE data_state ADD COLUMN forgotten_before TIMESTAMP",  # of what was over or gone by then
    "ALTER TABLE harvest_jobs ADD COLUMN changes INTEGER",  # how many it recorded
    "ALTER TABLE reload_tracking ADD COLUMN changes INTEGER",
    """CREATE TABLE names (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,             -- status, type, priority, resolution, version, account
    id TEXT NOT NULL,
    name TEXT NOT NULL,             -- the newest that the service told
    category TEXT,                  -- of a status
    PRIMARY KEY (source, kind, id)
) WITHOUT ROWID""",
    """CREATE TABLE changes (
    id INTEGER PRIMARY KEY,         -- never goes back, also after a backup was restored
    issue INTEGER NOT NULL,
    field INTEGER NOT NULL,         -- see model/tracked.py
    old TEXT,                       -- JSON
    new TEXT,
    at TIMESTAMP,
    not_before TIMESTAMP,
    seen_at TIMESTAMP NOT NULL,
    author TEXT,                    -- a member's id, 'automation' or 'other'; null: unknown
    origin INTEGER NOT NULL,        -- 0: seen by comparing, 1: told by the service
    entry TEXT,
    item INTEGER,
    run TEXT,
    is_past INTEGER NOT NULL DEFAULT 0
)""",
    "CREATE INDEX issues_unread ON issues (source, updated_at) WHERE changes_through IS NOT updated_at",
    "CREATE INDEX changes_by_issue ON changes (issue, field, coalesce(at, seen_at))",
    "CREATE INDEX changes_by_time ON changes (coalesce(at, seen_at))",
    """CREATE TABLE gone_issues (
    id INTEGER PRIMARY KEY,         -- its issues.id
    source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    gone_at TIMESTAMP NOT NULL,
    reason TEXT,
    issue TEXT NOT NULL,            -- its row as a JSON object
    UNIQUE (source, source_id)
)""",
    "PRAGMA user_version = 6",
)

# What the configuration had a source ask for, as a digest: where it differs, what changed is not enough.
_M007_ASKED_FOR = (
    "ALTER TABLE source_results ADD COLUMN asked_for TEXT",
    "PRAGMA user_version = 7",
)

# Reviews ask when work was started and finished. `former_categories`: what a status was until the service
# gave it another category; what was recorded before goes by it.
_M008_REVIEWS = (
    """CREATE TABLE former_categories (
    source TEXT NOT NULL,
    id TEXT NOT NULL,               -- of the status
    category TEXT NOT NULL,
    until TIMESTAMP NOT NULL,
    PRIMARY KEY (source, id, until)
) WITHOUT ROWID""",
    # All of a change of status (see model/tracked.py), so that the changes themselves are not read.
    "CREATE INDEX changes_of_status ON changes (issue, field, at, seen_at, not_before, old, new) "
    "WHERE field = 4",
    "PRAGMA user_version = 8",
)

# How far each address of `notify` was told. It is no part of an answer.
_M009_NOTICES = (
    """CREATE TABLE notices (
    address TEXT NOT NULL,          -- a digest of it: it is a secret
    filters TEXT NOT NULL,          -- what it is told of
    through INTEGER NOT NULL,       -- the last of `changes` that it was told, or that was none of its
    until TIMESTAMP NOT NULL,
    PRIMARY KEY (address, filters)
) WITHOUT ROWID""",
    "PRAGMA user_version = 9",
)

# What the whole tree counts, as far as answers need it that show little of it; kept where nothing has changed
# the issues since (`store/settled.py`).
_M010_SETTLED = (
    """CREATE TABLE settled_roots (
    issue_id INTEGER PRIMARY KEY,
    done INTEGER NOT NULL,          -- of all below it, with the dropped ones
    total INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    children INTEGER NOT NULL,      -- directly below it
    changed_at TIMESTAMP            -- the newest change below it, its own where nothing is
)""",
    "CREATE TABLE settled_outside (issue_id INTEGER PRIMARY KEY)",  # what has no place in the tree
    "ALTER TABLE data_state ADD COLUMN is_settled INTEGER NOT NULL DEFAULT 0",
    "PRAGMA user_version = 10",
)

# By the name under which sqlite-utils notes each as applied.
MIGRATIONS = {
    "m001_tables": _M001_TABLES,
    "m002_scope": _M002_SCOPE,
    "m003_readers": _M003_READERS,
    "m004_order": _M004_ORDER,
    "m005_answers": _M005_ANSWERS,
    "m006_changes": _M006_CHANGES,
    "m007_asked_for": _M007_ASKED_FOR,
    "m008_reviews": _M008_REVIEWS,
    "m009_notices": _M009_NOTICES,
    "m010_settled": _M010_SETTLED,
}
SCHEMA_VERSION = len(MIGRATIONS)
