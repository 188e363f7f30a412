-- sum is the checksum of all pages but this table's own.
CREATE TABLE seal (sum INTEGER NOT NULL);

-- The digests that are filed. n is part of the row numbers of its stories, in
-- which first is the digest itself and the others follow.
CREATE TABLE digests (
	n     INTEGER PRIMARY KEY,
	id    TEXT    NOT NULL,
	hash  BLOB    NOT NULL,
	first INTEGER NOT NULL,
	rows  INTEGER NOT NULL
);

-- What a text is made of is told in words.go: ASCII signs that are tokens are
-- listed, all beyond ASCII is taken as it is.
CREATE VIRTUAL TABLE stories USING fts5 (
	headline, text, sources, context,
	content = '', contentless_delete = 1, tokenize = "ascii tokenchars '+#.'"
);
