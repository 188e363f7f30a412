// Package lexicon knows characters, words and lines: scripts and widths, letters and
// their case, ordinals, and the tables of words by which a reader recognizes lines and
// sections. It does not know the structure of a file.
package lexicon
