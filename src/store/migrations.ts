/** Numbered, forward only. Never edit one that was released: add the next. */
export const migrations: readonly string[] = [
  `
CREATE TABLE inputs (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  account TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  session_key TEXT NOT NULL,
  session_id TEXT,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  message TEXT,
  prompt_id TEXT,
  turn_id TEXT,
  body TEXT NOT NULL,
  detail TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  platform_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (account, project, dedupe_key)
) STRICT;
CREATE INDEX inputs_open ON inputs (project, session_key, state) WHERE finished_at IS NULL;
CREATE INDEX inputs_message ON inputs (account, message);
CREATE INDEX inputs_turn ON inputs (turn_id);
CREATE INDEX inputs_recent ON inputs (project, session_key, received_at);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  session_key TEXT NOT NULL,
  agent_type TEXT NOT NULL,
  native_id TEXT,
  past_ids TEXT NOT NULL DEFAULT '[]',
  name TEXT,
  work_dir TEXT,
  mode TEXT,
  model TEXT,
  effort TEXT,
  active INTEGER NOT NULL,
  recap INTEGER NOT NULL DEFAULT 0,
  address TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_user_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sessions_key ON sessions (project, session_key, active);
CREATE INDEX sessions_native ON sessions (project, native_id);

CREATE TABLE turns (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  session_key TEXT NOT NULL,
  session_id TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  prompt_id TEXT,
  native_id TEXT,
  address TEXT NOT NULL,
  partial TEXT,
  detail TEXT,
  started_at INTEGER NOT NULL,
  handed_at INTEGER,
  ended_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX turns_open ON turns (project, state) WHERE finished_at IS NULL;
CREATE INDEX turns_session ON turns (session_id, started_at);

CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  session_key TEXT NOT NULL,
  session_id TEXT NOT NULL,
  turn_id TEXT,
  wire_id TEXT NOT NULL,
  request TEXT NOT NULL,
  progress TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL,
  answer TEXT,
  answered_by TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  resolved_at INTEGER
) STRICT;
CREATE INDEX approvals_open ON approvals (project, state) WHERE state = 'open';

CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  account TEXT NOT NULL,
  lane TEXT NOT NULL,
  class TEXT NOT NULL,
  address TEXT NOT NULL,
  turn_id TEXT,
  input_id TEXT,
  approval_id TEXT,
  preview_id TEXT,
  edit_ref TEXT,
  part TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL DEFAULT 0,
  ref TEXT,
  error TEXT,
  repeated INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
CREATE INDEX outbox_open ON outbox (account, id) WHERE state IN ('pending', 'sending', 'held');
CREATE INDEX outbox_turn ON outbox (turn_id);
CREATE INDEX outbox_input ON outbox (input_id);
CREATE INDEX outbox_approval ON outbox (approval_id);

CREATE TABLE previews (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  account TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  address TEXT NOT NULL,
  state TEXT NOT NULL,
  ref TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX previews_open ON previews (account) WHERE state IN ('intent', 'open');

CREATE TABLE activities (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  ref TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE processes (
  marker TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  session_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  start_time TEXT NOT NULL,
  finishes_on_eof INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pairings (
  project TEXT NOT NULL,
  account TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT,
  state TEXT NOT NULL,
  code TEXT,
  address TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  approved_at INTEGER,
  PRIMARY KEY (project, account, user_id)
) STRICT;
CREATE UNIQUE INDEX pairings_code ON pairings (code) WHERE code IS NOT NULL;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  project TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);

CREATE TABLE history (
  id INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL,
  turn_id TEXT,
  role TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX history_session ON history (session_id, id);

CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  subject TEXT NOT NULL,
  event TEXT NOT NULL,
  detail TEXT
) STRICT;
CREATE INDEX journal_subject ON journal (subject, id);

CREATE TABLE preferences (
  project TEXT NOT NULL,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (project, scope, name)
) STRICT;

CREATE TABLE staged (
  folder TEXT PRIMARY KEY,
  input_id TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
`,
  `
UPDATE inputs SET dedupe_key = dedupe_key || ' ' || id WHERE EXISTS (
  SELECT 1 FROM inputs o WHERE o.account = inputs.account AND o.dedupe_key = inputs.dedupe_key AND o.id < inputs.id
);
CREATE UNIQUE INDEX inputs_once ON inputs (account, dedupe_key);
CREATE INDEX outbox_shown ON outbox (account, json_extract(ref, '$.message')) WHERE ref IS NOT NULL;
ALTER TABLE activities ADD COLUMN project TEXT NOT NULL DEFAULT '';
`,
  `
ALTER TABLE outbox ADD COLUMN merged_into TEXT;
CREATE INDEX outbox_merged ON outbox (merged_into) WHERE merged_into IS NOT NULL;
`,
  `
ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
UPDATE sessions SET agent = agent_type;
ALTER TABLE sessions ADD COLUMN recap_from TEXT;
ALTER TABLE inputs ADD COLUMN agent TEXT;
`,
  `
ALTER TABLE outbox ADD COLUMN own_plain TEXT;
`,
  `
CREATE TABLE progress_cards (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  turn_id TEXT NOT NULL,
  address TEXT NOT NULL,
  card TEXT NOT NULL,
  ref TEXT,
  created_at INTEGER NOT NULL
) STRICT;
`,
  `
CREATE TABLE memory (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
`,
  `
ALTER TABLE processes ADD COLUMN background TEXT NOT NULL DEFAULT '[]';
`,
  `
ALTER TABLE outbox ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
`,
];
