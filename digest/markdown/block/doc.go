// Package block holds the blocks of a document in reading order, their lines and
// their inline text, and tells what a line says by itself: a label, a fact, sources.
// Lines that writers number or embolden by themselves become items and headings here. The
// package knows neither the syntax that blocks are written in nor what a story is.
package block
