// Package block defines the blocks of a document in reading order, with their lines and
// their inline text, and determines what a line means by itself: a label, a fact,
// sources. It also turns lines that authors have numbered by hand or set in bold into
// items and headings. It knows neither the syntax of the blocks nor what a story is.
package block
