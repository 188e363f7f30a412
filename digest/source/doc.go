// Package source holds where digests come from: a folder of Markdown files that
// is read once and then watched, or a git repository that is fetched every so
// often. It knows files and their changes, and nothing of what becomes of the
// library that it makes of them.
//
// # What is a digest
//
// A Markdown file is a digest of the library if it has stories, or a date and
// text. A README beside the digests has neither and is left out, and Problems
// says so, as it does of files that are too large and of links that lead out of
// the folder. Hidden files, folders named _drafts and whatever is no Markdown
// are left out silently. When a file that was a digest becomes empty or cannot
// be read, the digest stays as it was.
//
// A library has no drafts, and a digest only within its Window: the source makes
// the library anew when one opens or closes, without a change of any file. Its
// clock is the machine's.
//
// # Why scans, not events
//
// The events of a file system say that something happened, not what: editors
// rename over a file, ConfigMaps swap a symbolic link, network drives say
// nothing at all. So an event only wakes a scan that compares sizes and times
// of all files with those it knows, and a slow poll wakes it without an event.
// A file is read when two scans in a row saw it alike, so half a file is never
// taken.
//
// # Why no work tree
//
// A repository is read from the tree of a commit, which is whole or not there.
// A checkout would be half-written for a moment, and a merge would fail when
// the branch is force-pushed; here the remote's commit is simply the library.
package source
