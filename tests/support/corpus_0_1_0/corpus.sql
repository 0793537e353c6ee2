PRAGMA application_id = 1329812035;
PRAGMA user_version = 5;
BEGIN TRANSACTION;
CREATE TABLE claims (          -- pages that a run is reading
        sha256 TEXT NOT NULL,
        number INTEGER NOT NULL,
        recipe TEXT NOT NULL,
        engine TEXT NOT NULL,
        language_data TEXT NOT NULL,
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        PRIMARY KEY (sha256, number, recipe, engine, language_data)
    ) WITHOUT ROWID;
CREATE TABLE contents (
        reading INTEGER PRIMARY KEY REFERENCES readings ON DELETE CASCADE,
        text TEXT NOT NULL,
        words BLOB NOT NULL,       -- zlib over JSON: a list a column of words.csv
        steps TEXT NOT NULL        -- JSON
    );
INSERT INTO "contents" VALUES(1,'The ferry to Larne
left at ten.',X'789C8D4D310AC3300CFC8AF16C4C1BC5AAFC878EDD82870C0E1D4A0AC64B7F5F9D9C42E9549074E7BB93BC2CE7E07EAB04F78F3C8D3A64A514DCFC7108F2740A2E5F54CA0892E85037639D1202A4D45AF74833A25C66345CD68342C3C199C423CDE3385E84BBDA499B0F6E6EE6884F151219880CC8065F5A8A2CD8F0B77BF5C1F9ADB6F602E94FCCEBDA76D31F75EBC0D566AF7BF4A5BC01E44340BE','[["invert", {"ink": -3.5}, ""], ["denoise", {"grain": 0.0, "specks": 0.0}, ""], ["rotate", {"beside": 1.0, "rising": 1.0, "degrees": 0}, ""], ["crop", {"sheet": 1.0, "dark": 0, "slant": 0.0}, ""], ["deskew", {"degrees": 0.0, "clear": 11.4, "gain": 1.0}, ""], ["bleed", {"pale": 0.0, "between": 1.0, "of_ink": 0.0}, ""], ["light", {"drowned": 0.0, "lost": 0.03, "contrast": 255, "texture": 0.0}, ""], ["scale", {"letters": 18.0}, ""]]');
INSERT INTO "contents" VALUES(2,'High tide at midday,
low tide at six.',X'789C8D4DCB0EC22010FC15C29990F228943FF01F1A0E4D34DAC494834DF4F39DA1D41EF460C2EECC32B3B3E36894F8F1B2127F2AF6F39A02EA94F0BB484EC5821B13D15280E03B343812BF23AD26D0E6406B21C0252506D3CA13E918B011FCE64A48E9D331F7AE66E0A6E511A26D7C9FEB9514748735801900BDF6F180A0798296366DCE50B3E569BEDEA412729DCF17E2B4B22FA52C8AE45E9EDFEA637E6999F31BBF124904','[["invert", {"ink": -3.2}, ""], ["denoise", {"grain": 0.0, "specks": 0.0}, ""], ["rotate", {"beside": 1.0, "rising": 1.0, "degrees": 0}, ""], ["crop", {"sheet": 1.0, "dark": 0, "slant": 0.0}, ""], ["deskew", {"degrees": 0.0, "clear": 14.6, "gain": 1.0}, ""], ["bleed", {"pale": 0.0, "between": 1.0, "of_ink": 0.0}, ""], ["light", {"drowned": 0.0, "lost": 0.027, "contrast": 255, "texture": 0.0}, ""], ["scale", {"letters": 18.0}, ""]]');
CREATE TABLE corrections (
        id INTEGER PRIMARY KEY,    -- in the order of time
        reading INTEGER NOT NULL REFERENCES readings ON DELETE CASCADE,
        word INTEGER NOT NULL,     -- counted from 0 in reading order
        original TEXT NOT NULL,
        text TEXT NOT NULL         -- the last of a word counts; empty: struck out
    );
INSERT INTO "corrections" VALUES(1,2,3,'noon,','midday,');
CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        doc_id TEXT NOT NULL UNIQUE,
        source_file TEXT NOT NULL,
        path NOT NULL UNIQUE,      -- bytes where the name is no UTF-8
        sha256 TEXT NOT NULL,      -- of the file; empty where it would not open
        pages INTEGER NOT NULL     -- in the file; 0 where it would not open
    );
INSERT INTO "documents" VALUES(1,'ferry','ferry.png','/scans/ferry.png','f65083fde8d974f7be5ba2fe2c0aecc3616cfeec620995548dda309270a58846',1);
INSERT INTO "documents" VALUES(2,'tide','tide.png','/scans/tide.png','342a8681358d1b54be8fa861aae983b9e2ba30b243d46cd34265cc75293c6854',1);
CREATE TABLE engines (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,        -- with its version
        language_data TEXT NOT NULL,
        UNIQUE (name, language_data)
    );
INSERT INTO "engines" VALUES(1,'tesserocr 5.5.4','765cc231212d00f6');
CREATE TABLE metadata (
        document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (document, name)
    ) WITHOUT ROWID
    ;
INSERT INTO "metadata" VALUES(1,'year','1890');
INSERT INTO "metadata" VALUES(2,'year','1891');
CREATE TABLE pages (
        id INTEGER PRIMARY KEY,
        document INTEGER NOT NULL REFERENCES documents,
        number INTEGER NOT NULL,   -- 0 stands for a file that would not open
        reading INTEGER REFERENCES readings ON DELETE SET NULL, chosen INTEGER NOT NULL DEFAULT 0,  -- the current one
        UNIQUE (document, number)
    );
INSERT INTO "pages" VALUES(1,1,1,1,0);
INSERT INTO "pages" VALUES(2,2,1,2,0);
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
        conf_mean REAL, corrected INTEGER NOT NULL DEFAULT 0,
        UNIQUE (sha256, recipe, engine, page)
    );
INSERT INTO "readings" VALUES(1,1,'f65083fde8d974f7be5ba2fe2c0aecc3616cfeec620995548dda309270a58846','549d5df83cd71a6b',1,1,'eng','ok','',420,150,200,2.685,0.9806,7,9.65828571428571507322e+01,0);
INSERT INTO "readings" VALUES(2,2,'342a8681358d1b54be8fa861aae983b9e2ba30b243d46cd34265cc75293c6854','549d5df83cd71a6b',1,1,'eng','ok','',420,150,200,0.394,0.9796,8,96.2025,1);
CREATE TABLE recipes (
        digest TEXT PRIMARY KEY,
        settings TEXT NOT NULL     -- JSON
    );
INSERT INTO "recipes" VALUES('549d5df83cd71a6b','{"language": "eng", "engine": "auto", "psm": 3, "oem": 1, "whitelist": "", "second_opinion": "off", "opinion_budget": 6.0, "dpi": 300, "invert": "auto", "denoise": "auto", "denoise_strength": 3, "rotate": "auto", "angle": 0.0, "crop": "auto", "deskew": "auto", "deskew_limit": 15.0, "bleed": "auto", "flatten": "auto", "contrast": "auto", "contrast_limit": 2.0, "scale": "auto", "scale_factor": 0.0, "scale_x_height": 26, "binarize": "none", "binarize_window": 35, "binarize_k": 0.3, "margin": 0}');
CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        machine TEXT NOT NULL,
        pid INTEGER NOT NULL,
        began TEXT NOT NULL,       -- the process, by the machine's own clock
        seen REAL NOT NULL         -- last, in seconds since 1970
    );
CREATE TABLE unindexed (reading INTEGER PRIMARY KEY);
CREATE INDEX documents_by_content ON documents (sha256);
CREATE UNIQUE INDEX pages_by_reading ON pages (reading);
CREATE INDEX readings_by_page ON readings (page);
CREATE INDEX corrections_by_word ON corrections (reading, word, id);
CREATE INDEX claims_by_run ON claims (run)
    ;
COMMIT;
