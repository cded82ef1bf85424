-- A database as the first release wrote it; never to be changed.
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'worksupport','m001_tables','2026-11-22 22:10:36.994000+00:00');
CREATE TABLE data_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    data_version INTEGER NOT NULL   -- raised by every write that changes an answer
);
INSERT INTO "data_state" VALUES(1,1);
CREATE TABLE harvest_jobs (
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
);
INSERT INTO "harvest_jobs" VALUES(1,'2026-11-22T11:59:00.000Z','2026-11-22T11:59:30.400Z','completed',5,NULL,'h',0,0,'[]');
CREATE TABLE issue_assignees (
    issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
    account TEXT NOT NULL,          -- the service's account id or login; '' if it tells none
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (issue_id, account, name)
) WITHOUT ROWID;
INSERT INTO "issue_assignees" VALUES(2,'account of Anna','Anna','anna');
INSERT INTO "issue_assignees" VALUES(3,'account of Anna','Anna','anna');
INSERT INTO "issue_assignees" VALUES(3,'account of Max','Max','max');
CREATE TABLE issue_labels (
    issue_id INTEGER NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    folded TEXT NOT NULL,           -- for filters, which do not regard case
    PRIMARY KEY (issue_id, label)
) WITHOUT ROWID;
INSERT INTO "issue_labels" VALUES(1,'b','b');
INSERT INTO "issue_labels" VALUES(1,'Ünïcode','ünïcode');
CREATE TABLE issue_types (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT,
    child_type_ids TEXT,            -- JSON array of child type ids
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
INSERT INTO "issue_types" VALUES(-1,'Error-Type Not Known',NULL,NULL,'2026-11-22T22:10:37.001Z');
INSERT INTO "issue_types" VALUES(10000,'Feature',NULL,NULL,'2026-11-22T22:10:37.001Z');
INSERT INTO "issue_types" VALUES(10004,'Product Version',NULL,NULL,'2026-11-22T22:10:37.001Z');
INSERT INTO "issue_types" VALUES(10101,'Story',NULL,NULL,'2026-11-22T22:10:37.001Z');
INSERT INTO "issue_types" VALUES(10104,'Task',NULL,NULL,'2026-11-22T22:10:37.001Z');
INSERT INTO "issue_types" VALUES(11140,'Customer Adoption',NULL,NULL,'2026-11-22T22:10:37.001Z');
CREATE TABLE issues (
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
);
INSERT INTO "issues" VALUES(1,'jira','id of P-1','P-1','Title of P-1',NULL,'[]','Open','new',NULL,'["\u00dcn\u00efcode", "b"]',10004,NULL,NULL,'https://acme.example/browse/P-1',NULL,NULL,NULL,'[]','2026-11-22T22:10:37.001Z',NULL,NULL);
INSERT INTO "issues" VALUES(2,'jira','id of P-2','P-2','Title of P-2','Anna','["Anna"]','Open','new',NULL,'[]',10000,NULL,'P-1','https://acme.example/browse/P-2',NULL,NULL,NULL,'[]','2026-11-22T22:10:37.001Z',NULL,NULL);
INSERT INTO "issues" VALUES(3,'jira','id of P-10','P-10','Title of P-10','Anna','["Anna", "Max"]','Done','done',NULL,'[]',10101,NULL,'P-2','https://acme.example/browse/P-10',NULL,NULL,NULL,'[]','2026-11-22T22:10:37.001Z',NULL,NULL);
INSERT INTO "issues" VALUES(4,'github','id of acme/portal#7','acme/portal#7','Title of acme/portal#7',NULL,'[]','Open','new',NULL,'[]',NULL,NULL,NULL,'https://acme.example/browse/acme/portal#7',NULL,NULL,NULL,'[]','2026-11-22T22:10:37.001Z',NULL,NULL);
INSERT INTO "issues" VALUES(5,'jira','id of P-11','P-11','Title of P-11',NULL,'[]','Open','new',NULL,'[]',10101,NULL,NULL,'https://acme.example/browse/P-11',NULL,NULL,NULL,'[]','2026-11-22T22:10:37.001Z','2026-11-01T00:00:00.000Z',NULL);
CREATE TABLE reload_tracking (
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
);
INSERT INTO "reload_tracking" VALUES(1,'2026-11-22T10:00:00.000Z','running',NULL,0,NULL,'manual','anna',0,NULL,'r',0,0,'[]',0);
CREATE TABLE source_results (
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
) WITHOUT ROWID;
INSERT INTO "source_results" VALUES('h','jira',1,1,'completed','2026-11-22T11:59:30.000Z',1,0,0,0,0,0,NULL);
CREATE TABLE staged_issues (
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
);
CREATE TABLE team_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    jira_id TEXT NOT NULL,          -- as configured; '' for none
    github_id TEXT NOT NULL,        -- as configured; '' for none
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    member_id TEXT NOT NULL UNIQUE, -- the <id> of team.member.<id>
    jira_account_id TEXT            -- the account that an e-mail address was resolved to, kept
);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX issues_by_key_order ON issues (rtrim(issue_key, '0123456789'), CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), issue_key, source) WHERE missing_since IS NULL;
CREATE INDEX issues_missing ON issues (rtrim(issue_key, '0123456789'), CAST(substr(issue_key, length(rtrim(issue_key, '0123456789')) + 1) AS INTEGER), issue_key) WHERE missing_since IS NOT NULL;
CREATE INDEX issues_by_parent ON issues (parent_key COLLATE NOCASE);
CREATE INDEX issues_by_type ON issues (issue_type_id);
CREATE INDEX issue_labels_by_label ON issue_labels (folded, issue_id);
CREATE INDEX issue_assignees_by_name ON issue_assignees (folded, issue_id);
CREATE INDEX staged_issues_by_key ON staged_issues (issue_key);
CREATE INDEX source_results_by_end ON source_results (source, stored, ended_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('issues',5);
INSERT INTO "sqlite_sequence" VALUES('harvest_jobs',1);
INSERT INTO "sqlite_sequence" VALUES('reload_tracking',1);
PRAGMA user_version = 1;
COMMIT;
