// Package source provides the libraries that digests come from: a folder of Markdown
// files that is read once and then watched, or a git repository that is fetched
// periodically. It knows files and their changes, but not how the resulting library is
// used.
//
// # What is a digest
//
// A Markdown file is a digest of the library if it has a day, and stories or text. The
// day comes from the file or its path. For a series, that is, files whose names differ
// only in a number, it is the day of the first commit, or else of the file (days.go,
// git/history.go). Any other file is left out, and reported by Problems, like files
// that are too large and links that lead out of the folder. A README and similar files
// are only counted by LeftOut. Hidden files, folders named _drafts and files other than
// Markdown are left out silently. Of several files with the same digest, the library
// has one, see digest.Same, and Problems reports the others. When a file that was a
// digest becomes empty or cannot be read, the library keeps the digest as it was. It
// also does so when a bug in digestbot makes the reading panic, which is reported as a
// problem of that file only.
//
// # Why a day is kept
//
// The day of a digest decides when it is due and how long it is corrected. An edit
// gives a file a new time, but must not change its day, so the first result is kept as
// long as the file exists. For a repository, the days are stored next to the clone,
// because the clone is shallow, and after a force push the history may begin today. The
// whole history is fetched only when a file of a series is new.
//
// A library contains no drafts, and a digest only within its Window: when a window
// opens or closes, the source rebuilds the library even if no file has changed. It uses
// the clock of the machine.
//
// # Why scans, not events
//
// File system events say that something happened, but not what: editors replace a file
// by renaming another, ConfigMaps change a symbolic link, network drives send no events
// at all. So an event only triggers a scan, which compares the sizes and times of all
// files with the known ones, and a slow poll triggers it without an event. A file is
// read after two scans in a row have found it unchanged, so a half-written file is
// never read.
//
// # Why a repository has limits
//
// A folder belongs to the operator. A repository, and its host, may belong to anyone,
// and a small repository can unpack to any size. Package git enforces limits: it
// inspects a pack before go-git unpacks it, and gives up on a host that does not
// respond. A repository beyond a limit is rejected, and the last library is kept.
//
// # Why no work tree
//
// A repository is read from the tree of a commit, which is either complete or missing.
// A checkout would be half-written for a moment, and a merge would fail after a force
// push. Here the library is simply the remote's commit.
package source
