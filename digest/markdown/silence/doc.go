// Package silence recognizes words that say that there is no news, in many languages.
// It does not know what follows from that for a document.
package silence
