// Package weburl distinguishes web addresses from other words and links, and determines
// where an address in a text ends. It does not know where the text comes from.
package weburl
