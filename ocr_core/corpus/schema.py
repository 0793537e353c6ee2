"""Schema: the tables of a corpus, as migrations from one version to the next.

The ``PRAGMA user_version`` of a corpus file is the number of migrations it has had. A
released migration is never changed; a change of the tables is a new migration.
"""

MIGRATIONS = (
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        doc_id TEXT NOT NULL UNIQUE,
        source_file TEXT NOT NULL,
        path NOT NULL UNIQUE,      -- bytes where the name is no UTF-8
        sha256 TEXT NOT NULL,      -- of the file; empty where it would not open
        pages INTEGER NOT NULL     -- in the file; 0 where it would not open
    );
    CREATE INDEX documents_by_content ON documents (sha256);
    CREATE TABLE recipes (
        digest TEXT PRIMARY KEY,
        settings TEXT NOT NULL     -- JSON
    );
    CREATE TABLE engines (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,        -- with its version
        language_data TEXT NOT NULL,
        UNIQUE (name, language_data)
    );
    CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        document INTEGER NOT NULL REFERENCES documents,
        number INTEGER NOT NULL,   -- 0 stands for a file that would not open
        reading INTEGER REFERENCES readings ON DELETE SET NULL,  -- the current one
        UNIQUE (document, number)
    );
    CREATE UNIQUE INDEX pages_by_reading ON pages (reading);
    CREATE TABLE readings (
        id INTEGER PRIMARY KEY,
        page INTEGER NOT NULL REFERENCES pages,
        sha256 TEXT NOT NULL,      -- of the file that was read
        recipe TEXT NOT NULL REFERENCES recipes,
        engine INTEGER NOT NULL REFERENCES engines,   -- that was to read
        read_by INTEGER NOT NULL REFERENCES engines,  -- that did, after all opinions
        language TEXT NOT NULL,
        status TEXT NOT NULL,      -- ok, blank or failed
        error TEXT NOT NULL,       -- the cause, where it failed
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        dpi INTEGER NOT NULL,
        seconds REAL NOT NULL,
        quality REAL,
        n_words INTEGER NOT NULL,
        conf_mean REAL,
        UNIQUE (sha256, recipe, engine, page)
    );
    CREATE INDEX readings_by_page ON readings (page);
    CREATE TABLE contents (
        reading INTEGER PRIMARY KEY REFERENCES readings ON DELETE CASCADE,
        text TEXT NOT NULL,
        words BLOB NOT NULL,       -- zlib over JSON: a list a column of words.csv
        steps TEXT NOT NULL        -- JSON
    );
    CREATE TABLE unindexed (reading INTEGER PRIMARY KEY)
    """,
    """
    CREATE TABLE corrections (
        reading INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE,
        word INTEGER NOT NULL,     -- counted from 0 in reading order
        original TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (reading, word)
    ) WITHOUT ROWID
    """,
    """
    ALTER TABLE corrections RENAME TO corrections_once;
    CREATE TABLE corrections (
        id INTEGER PRIMARY KEY,    -- in the order of time
        reading INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE,
        word INTEGER NOT NULL,     -- counted from 0 in reading order
        original TEXT NOT NULL,
        text TEXT NOT NULL         -- the last of a word counts; empty: struck out
    );
    INSERT INTO corrections (reading, word, original, text)
        SELECT reading, word, original, text FROM corrections_once;
    DROP TABLE corrections_once;
    CREATE INDEX corrections_by_word ON corrections (reading, word, id);
    ALTER TABLE readings ADD COLUMN corrected INTEGER NOT NULL DEFAULT 0;
    UPDATE readings SET corrected = (SELECT count(*) FROM corrections c
        WHERE c.reading = readings.id AND c.text <> c.original);
    ALTER TABLE pages ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0
    """,
    """
    CREATE TABLE metadata (
        document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (document, name)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        machine TEXT NOT NULL,
        pid INTEGER NOT NULL,
        began TEXT NOT NULL,       -- the process, by the machine's own clock
        seen REAL NOT NULL         -- last, in seconds since 1970
    );
    CREATE TABLE claims (          -- pages that a run is reading
        sha256 TEXT NOT NULL,
        number INTEGER NOT NULL,
        recipe TEXT NOT NULL,
        engine TEXT NOT NULL,
        language_data TEXT NOT NULL,
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        PRIMARY KEY (sha256, number, recipe, engine, language_data)
    ) WITHOUT ROWID;
    CREATE INDEX claims_by_run ON claims (run)
    """,
    """
    ALTER TABLE readings ADD COLUMN error_kind TEXT NOT NULL DEFAULT '';
    ALTER TABLE readings ADD COLUMN source TEXT NOT NULL DEFAULT 'read';
    UPDATE readings SET source = '' WHERE status = 'failed';
    ALTER TABLE contents ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE pages ADD COLUMN removed INTEGER NOT NULL DEFAULT 0
    """,
    # `removed` of a page is its current reading before the removal, or -1 if it had
    # none; 0 means that a page, or a document, was not removed.
    """
    ALTER TABLE documents ADD COLUMN removed INTEGER NOT NULL DEFAULT 0
    """,
    # The words of a page may have a further list, of white space. Earlier versions
    # cannot read it; the tables are unchanged.
    "SELECT 1",
    # The quality estimated at recognition; NULL if no word was corrected.
    "ALTER TABLE readings ADD COLUMN quality_read REAL",
    # JSON of the template and values of `error`, to translate it; "" if unknown.
    "ALTER TABLE readings ADD COLUMN error_parts TEXT NOT NULL DEFAULT ''",
)

# Not a migration, as some builds of SQLite have no full-text search.
SEARCH = """
    CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(
        tokens, tokenize="unicode61 remove_diacritics 2 categories 'L* M* N* P* S* C*'"
    )
"""
# The index of earlier versions, which has the uncorrected text.
EARLIER_SEARCH = """
    CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(
        text, content='contents', content_rowid='reading',
        tokenize='unicode61 remove_diacritics 2'
    )
"""

# Not a migration either: the tokens are made again from the readings if missing.
TOKENS = (
    """
    CREATE TABLE IF NOT EXISTS token_forms (
        id INTEGER PRIMARY KEY,    -- counted from 0
        form TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS token_pages (
        id INTEGER PRIMARY KEY,
        reading INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE,
        raw INTEGER NOT NULL,      -- 1 without the corrections
        rule INTEGER NOT NULL,     -- its version, or text with that of the segmenter
        diary INTEGER NOT NULL,    -- which corrections are in it; 0 none
        series INTEGER NOT NULL DEFAULT 0,  -- the readings its context was made of
        calibrated INTEGER NOT NULL,        -- whether the confidences are
        forms BLOB NOT NULL,       -- little-endian: uint32, uint32, uint8 a token
        words BLOB NOT NULL,
        confs BLOB NOT NULL,
        UNIQUE (reading, raw)
    )
    """,
)

# The tokens of earlier versions, which are made again.
EARLIER_TOKENS = TOKENS[1].replace(
    "        calibrated INTEGER NOT NULL,        -- whether the confidences are\n", ""
)

# Not migrations either: data that people add. Earlier versions ignore these tables.
MISREAD_FORMS = """
    CREATE TABLE IF NOT EXISTS misread_forms (
        form TEXT PRIMARY KEY,  -- in small letters
        word TEXT NOT NULL      -- what it counts as
    )
"""
STOP_LISTS = """
    CREATE TABLE IF NOT EXISTS stop_lists (
        language TEXT PRIMARY KEY,  -- Tesseract's code; empty stands for all
        words TEXT NOT NULL         -- one a line
    )
"""
CORRECTION_STEPS = """
    CREATE TABLE IF NOT EXISTS correction_steps (
        id INTEGER PRIMARY KEY,    -- in the order of time
        made TEXT NOT NULL,        -- UTC, ISO 8601
        title TEXT NOT NULL
    )
"""
STEP_CORRECTIONS = """
    CREATE TABLE IF NOT EXISTS step_corrections (
        correction INTEGER PRIMARY KEY REFERENCES corrections ON DELETE CASCADE,
        step INTEGER NOT NULL REFERENCES correction_steps ON DELETE CASCADE
    )
"""
JOINT_CORRECTIONS = """
    CREATE TABLE IF NOT EXISTS joint_corrections (
        correction INTEGER PRIMARY KEY REFERENCES corrections ON DELETE CASCADE,
        first INTEGER NOT NULL     -- of the corrections that are undone with it
    )
"""
REFUSED_FORMS = """
    CREATE TABLE IF NOT EXISTS refused_forms (
        form TEXT NOT NULL,        -- in small letters
        word TEXT NOT NULL,        -- that it is not misread from
        PRIMARY KEY (form, word)
    ) WITHOUT ROWID
"""
PINS = """
    CREATE TABLE IF NOT EXISTS pins (
        id INTEGER PRIMARY KEY,    -- in the order of time
        made TEXT NOT NULL,        -- UTC, ISO 8601
        name TEXT NOT NULL,
        how TEXT NOT NULL,         -- what was counted
        content TEXT NOT NULL,     -- JSON: columns and data
        chart TEXT NOT NULL        -- JSON: mark, x, y and colour; empty for a table
    )
"""
MARKS = """
    CREATE TABLE IF NOT EXISTS marks (
        id INTEGER PRIMARY KEY,    -- in the order of time
        step INTEGER NOT NULL,     -- the changes that were made together
        made TEXT NOT NULL,        -- UTC, ISO 8601
        mark INTEGER NOT NULL,     -- the first row of the same word
        document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        number INTEGER NOT NULL,   -- of the page
        reading INTEGER NOT NULL,  -- in which the word has the index
        word INTEGER NOT NULL,     -- counted from 0 in reading order
        x INTEGER NOT NULL,        -- its box on the page as scanned, and the page
        y INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        page_width INTEGER NOT NULL,
        page_height INTEGER NOT NULL,
        text TEXT NOT NULL,        -- as read then
        label TEXT NOT NULL        -- the last of a word counts; empty: none
    )
"""
PARTS = """
    CREATE TABLE IF NOT EXISTS parts (
        name TEXT PRIMARY KEY,
        filter TEXT NOT NULL       -- JSON: the knobs that differ from the defaults
    )
"""
ADDED = (
    *(MISREAD_FORMS, STOP_LISTS, CORRECTION_STEPS, STEP_CORRECTIONS, REFUSED_FORMS),
    *(PINS, MARKS, PARTS, JOINT_CORRECTIONS),
)
