// Package search finds stories by their words, Chinese and English. It keeps an
// index in a SQLite file that is made of digests alone and can be made again at
// any time. It never knows where digests come from or who asks.
//
// # What is found
//
// A story is found by the words of its headline, its summary and its sources
// (titles and hosts). The title and the tags of its digest help to find it, but
// at least one word must be its own: else a tag would bring up all the stories
// of a digest. A digest is found itself, by title, tags, lead and sections.
//
// All words must be there, each where a word begins and ends, whatever their
// case and width. What quotes hold together ("…", “…”, 「…」), hyphens and dots
// hold together too: GPT-5 is "gpt" and then "5", and is found as gpt5, GPT 5
// and GPT. Chinese, Japanese and Korean words are found wherever they stand,
// for nobody marks where they begin.
//
// # Why
//
// FTS5 has no tokenizer for Chinese: unicode61 makes one word of a sentence,
// and trigram finds no word of two characters, which most are. So Go cuts the
// text (words.go), FTS5 sees tokens between spaces, and the text of a query
// gets to FTS5 only as such tokens in quotes. A run of characters becomes its
// overlapping pairs and its last character alone; every character so begins
// exactly one token. A word is then a phrase of pairs, and a single character
// the beginning of a token.
//
// The table is contentless: the text is in the library, the file only knows
// where it stands. A row's number says its day, its digest and its story, so
// the newest hits are the last rows and are found without looking at the
// others; sorting by a column would take time for every hit.
//
// Every change seals the file with a checksum of its pages, because SQLite
// notices a broken tree but not a broken word. Open trusts nothing else: a file
// that is missing, foreign, of another format or damaged is replaced. The seal
// also tells whether another process has changed the file since, and Search
// then brings it back to its own library before it answers.
package search
