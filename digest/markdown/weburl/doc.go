// Package weburl tells the addresses of the web from other words and links, and where
// in a text an address ends. It never knows where the text stands.
package weburl
