// Package source holds where digests come from: a folder of Markdown files that
// is read once and then watched, or a git repository that is fetched every so
// often. It knows files and their changes, and nothing of what becomes of the
// library that it makes of them.
//
// # What is a digest
//
// A Markdown file is a digest of the library if it has a day, and stories or
// text. The day is what the file or its path says; of a series, files whose names
// differ by a number, it is that of the first commit, or else of the file
// (days.go, git/history.go). Any other file is left out, and Problems says so, as it
// does of files that are too large and of links that lead out of the folder; of a
// README and the like only LeftOut tells. Hidden files, folders named _drafts and
// whatever is no Markdown are left out silently. Of files that tell the same
// digest one is in the library, see digest.Same, and Problems names the others.
// When a file that was a digest becomes empty or cannot be read, the digest stays
// as it was; so it does when a bug of ours makes the reading panic, which is a
// problem of that file alone.
//
// # Why a day is kept
//
// The day of a digest decides when it is due and how long it is corrected. So an
// edit, which gives a file a new time, must not move it: the first answer counts
// as long as the file is there. Of a repository the answers are kept beside the
// clone, because the clone is shallow and a push by force may leave a history
// that begins today. The whole history is fetched only when a file of a series
// is new.
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
// # Why a repository has limits
//
// A folder is the operator's. A repository may be anybody's, and so may its host:
// a small one can unpack to anything. Package git has its limits: it
// looks at a pack before go-git unpacks it, and gives up on a host that says
// nothing. A repository beyond a limit is no library, and the last one stays.
//
// # Why no work tree
//
// A repository is read from the tree of a commit, which is whole or not there.
// A checkout would be half-written for a moment, and a merge would fail when
// the branch is force-pushed; here the remote's commit is simply the library.
package source
