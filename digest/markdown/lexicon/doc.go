// Package lexicon knows characters, words and lines: scripts and widths, letters and
// their case, ordinals, and the tables of words by which a reader tells what a line
// or a section is. It never knows what a file is made of.
package lexicon
