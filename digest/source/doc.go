// Package source holds where digests come from: a folder of Markdown files that
// is read once and then watched. It knows files and their changes, and nothing
// of what becomes of the library that it makes of them.
//
// # Why scans, not events
//
// The events of a file system say that something happened, not what: editors
// rename over a file, ConfigMaps swap a symbolic link, network drives say
// nothing at all. So an event only wakes a scan that compares sizes and times
// of all files with those it knows, and a slow poll wakes it without an event.
// A file is read when two scans in a row saw it alike, so half a file is never
// taken.
package source
