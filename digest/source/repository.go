package source

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown"
	"github.com/digestbot/digestbot/digest/markdown/matter"
	"github.com/digestbot/digestbot/digest/owner"
	"github.com/digestbot/digestbot/digest/source/git"
)

const (
	// fetchLimit limits the time of a fetch: a shallow clone of thousands of digests
	// takes seconds.
	fetchLimit = 5 * time.Minute
	// startLimit limits how long a start waits for a repository if there is an earlier
	// library.
	startLimit = 15 * time.Second
)

// good is the reference to the last commit that could become a library.
const good = plumbing.ReferenceName("refs/digestbot/good")

// bounds are the limits of an opened repository.
var bounds = git.Limits{
	Silence: 30 * time.Second, StartSilence: 10 * time.Second,
	Refs: 16 << 20, Answer: 1 << 20,
	Pack: 512 << 20, Packs: 50, Objects: 1 << 18, Object: 32 << 20, Unpacked: 2 << 30, Chain: 64 << 20,
	Names: 1 << 17, Depth: 64, Path: 1024, Tree: 8 << 20, Text: 256 << 20, File: markdown.MaxFile,
}

// Remote says where a repository is, and which part of it is the library.
type Remote struct {
	// URL is its address, https or http, without credentials.
	URL string
	// Branch is the branch to fetch; empty for the default branch.
	Branch string
	// Path is the folder of the digests inside the repository, with slashes; empty for
	// all of it.
	Path string
	// Every is the interval between fetches.
	Every time.Duration
	// Token returns the token to read with; empty for none. It is called before each
	// fetch, and its result is not kept.
	Token func() (string, error)
}

// Repository is a library in a git repository. It keeps a shallow, bare clone.
type Repository struct {
	holder
	remote Remote
	dir    string // of the clone
	limits git.Limits

	// Only Open and Run use the fields below.

	commit plumbing.Hash // of the current library
	// rejected is the last fetched commit, if its own contents make it unusable. It is
	// not fetched again.
	rejected *rejection
	// guessed is set if some days of the library are not final.
	guessed bool

	outage atomic.Pointer[failure]
}

// OpenRepository fetches the repository into a clone at dir, which may already exist.
// If the repository cannot be reached, the library comes from the clone. It is an error
// only if the clone has none.
func OpenRepository(ctx context.Context, dir string, remote Remote, log *slog.Logger, options ...Option) (*Repository, error) {
	r := &Repository{remote: remote, dir: dir, limits: bounds}
	r.with(log, options)
	r.name = strings.Join([]string{"git", remote.URL, remote.Branch, remote.Path}, " ")
	unlock, err := git.Lock(ctx, dir+".lock")
	if err != nil {
		return nil, fmt.Errorf("clone: %w", err)
	}
	defer unlock()
	limit, silence := startLimit, r.limits.StartSilence
	if err := r.contain(func() error { return r.recall(ctx) }); err != nil || r.guessed {
		limit, silence = fetchLimit, r.limits.Silence
	}
	_, err = r.renew(ctx, limit, silence)
	if err != nil && (r.now.Load() == nil || ctx.Err() != nil) {
		return nil, err
	}
	r.note(err)
	return r, nil
}

// Run fetches the repository at intervals until the context ends, and calls changed
// after each new library. Time also causes new libraries, when a digest is due to be
// published or expires.
func (r *Repository) Run(ctx context.Context, changed func()) error {
	timer := time.NewTimer(r.remote.Every)
	defer timer.Stop()
	turns := time.NewTimer(r.untilTurn())
	defer turns.Stop()
	if r.Outage() != nil {
		timer.Reset(0) // Open had less time for it
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-turns.C:
			if r.turn() {
				changed()
			}
			turns.Reset(r.untilTurn())
			continue
		case <-timer.C:
		}
		took, err := r.refresh(ctx)
		if ctx.Err() != nil {
			return nil
		}
		r.note(err)
		if took {
			changed()
			turns.Reset(r.untilTurn())
		}
		timer.Reset(r.remote.Every)
	}
}

// note records the result of a fetch, and logs when that changes: a failure, each new
// cause of it, and recovery.
func (r *Repository) note(err error) {
	was := r.outage.Load()
	if err == nil {
		r.outage.Store(nil)
		if was != nil {
			r.log.Warn("library: the repository can be fetched again", "repository", r.remote.URL, "commit", r.commit)
		}
		return
	}
	now, ok := errors.AsType[*failure](err)
	if !ok {
		now = &failure{words: err.Error(), cause: err.Error()}
	}
	r.outage.Store(now)
	if was == nil || was.cause != now.cause {
		r.log.Warn("library: the repository cannot be fetched, the last library stays", "repository", r.remote.URL, "commit", r.commit, "error", now)
	}
}

func (r *Repository) refresh(ctx context.Context) (took bool, err error) {
	unlock, err := git.Lock(ctx, r.dir+".lock")
	if err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	defer unlock()
	return r.renew(ctx, fetchLimit, r.limits.Silence)
}

// contain calls do, which may make a new library. If do panics, the library is kept and
// contain returns errBug.
func (r *Repository) contain(do func() error) (err error) {
	if !contain(r.log, func() { err = do() }, "repository", r.remote.URL) {
		return errBug
	}
	return err
}

// recall makes the library from the clone.
func (r *Repository) recall(ctx context.Context) error {
	clone, err := r.open(r.dir)
	if err != nil {
		return err
	}
	ref, err := clone.Reference(good)
	if err != nil {
		return err
	}
	_, err = r.take(ctx, clone, ref.Hash(), nil)
	return err
}

// renew fetches the current commit of the remote and makes a library of it. It reports
// whether the library is new. It takes at most limit, and gives up on a host that sends
// nothing for the duration of silence.
func (r *Repository) renew(ctx context.Context, limit, silence time.Duration) (took bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = r.contain(func() (err error) {
		took, err = r.follow(ctx, silence)
		return err
	})
	if err != nil {
		err = r.explain(err)
	}
	owner.GiveAll(r.dir)
	return took, err
}

// follow is renew without the time limit.
func (r *Repository) follow(ctx context.Context, silence time.Duration) (took bool, err error) {
	token, err := r.remote.Token()
	if err != nil {
		return false, err
	}
	h, err := git.Dial(r.remote.URL, r.remote.Branch, token, silence, &r.limits)
	if err != nil {
		return false, err
	}
	// Ask the remote first, so that any later failure comes from the clone.
	commit, err := h.Ask(ctx)
	switch {
	case err != nil || r.now.Load() != nil && commit == r.commit && !r.guessed:
		return false, err
	case r.rejected != nil && commit == r.rejected.commit:
		return false, r.rejected
	}
	if clone, err := r.open(r.dir); err == nil && !r.cluttered(clone) {
		if took, err = r.fetch(ctx, clone, h, commit); err == nil || ctx.Err() != nil || errors.Is(err, git.ErrUnfit) || errors.Is(err, git.ErrSilent) {
			return took, r.reject(commit, err)
		}
		r.log.Warn("library: making a new clone", "folder", r.dir, "error", err)
	}
	took, err = r.clone(ctx, h, commit)
	return took, r.reject(commit, err)
}

// reject records a commit that cannot become a library.
func (r *Repository) reject(commit plumbing.Hash, err error) error {
	r.rejected = nil
	if !errors.Is(err, git.ErrUnfit) {
		return err
	}
	r.rejected = &rejection{commit, err}
	return r.rejected
}

// branch returns the remote's reference to fetch.
func (r *Repository) branch() plumbing.ReferenceName {
	if r.remote.Branch == "" {
		return plumbing.HEAD
	}
	return plumbing.NewBranchReferenceName(r.remote.Branch)
}

// origin returns the configuration of the remote in the clone.
func (r *Repository) origin() *config.RemoteConfig {
	// The plus allows force pushes.
	spec := config.RefSpec("+" + r.branch().String() + ":" + git.Fetched.String())
	return &config.RemoteConfig{Name: "origin", URLs: []string{r.remote.URL}, Fetch: []config.RefSpec{spec}}
}

// cluttered reports whether the clone has accumulated too many packs.
func (r *Repository) cluttered(c *git.Clone) bool {
	packs, err := c.ObjectPacks()
	return err == nil && len(packs) >= r.limits.Packs
}

// open opens the clone at dir if it belongs to this remote.
func (r *Repository) open(dir string) (*git.Clone, error) {
	c, kept, err := git.OpenClone(dir, &r.limits)
	if err != nil {
		return nil, err
	}
	origin := kept.Remotes["origin"]
	if origin == nil || !slices.Equal(origin.URLs, r.origin().URLs) || !slices.Equal(origin.Fetch, r.origin().Fetch) {
		return nil, errors.New("the clone is of another repository")
	}
	return c, nil
}

// clone makes a new clone. It keeps the old one until the new one is complete.
func (r *Repository) clone(ctx context.Context, h *git.Host, commit plumbing.Hash) (took bool, err error) {
	fresh := r.dir + ".new"
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	c, err := git.EmptyClone(fresh, &r.limits, r.origin(), h.LeavesOut())
	if err != nil {
		return false, fmt.Errorf("clone: %w", err)
	}
	if took, err = r.fetch(ctx, c, h, commit); err != nil {
		return took, err
	}
	if err := errors.Join(os.RemoveAll(r.dir), os.Rename(fresh, r.dir)); err != nil {
		return took, fmt.Errorf("clone: %w", err)
	}
	return took, nil
}

// fetch fetches only the given commit, if the clone does not have it, and makes a
// library of it.
func (r *Repository) fetch(ctx context.Context, c *git.Clone, h *git.Host, commit plumbing.Hash) (took bool, err error) {
	if last, err := c.Reference(git.Fetched); err != nil || last.Hash() != commit || c.HasEncodedObject(commit) != nil {
		if err := h.Fetch(ctx, c, commit, true); err != nil {
			return false, err
		}
	}
	history := func() (storer.EncodedObjectStorer, error) { return r.history(ctx, h, commit) }
	defer func() { _ = os.RemoveAll(r.historyDir()) }()
	if took, err = r.take(ctx, c, commit, history); err != nil {
		return false, err
	}
	return took, c.SetReference(plumbing.NewHashReference(good, commit))
}

// take makes the library of a commit. It reads only new blobs. history returns the
// whole history; it is nil if that is not available.
func (r *Repository) take(ctx context.Context, c *git.Clone, hash plumbing.Hash, history func() (storer.EncodedObjectStorer, error)) (took bool, err error) {
	commit, err := object.GetCommit(c, hash)
	if err != nil {
		return false, err
	}
	l := lister{storage: c, limits: &r.limits, prefix: r.remote.Path, names: r.limits.Names, left: r.limits.Text}
	if err := l.library(commit.TreeHash); err != nil {
		return false, err
	}

	var before []*entry
	old := r.now.Load()
	if old != nil {
		before = old.entries
	}
	find := entriesInOrder(before)
	moved, err := r.readSite(c, commit)
	if err != nil {
		return false, err
	}
	if r.survey(l.files) || moved {
		find = entriesInOrder([]*entry(nil))
	}
	var mu sync.Mutex // the storage allows one reader at a time
	var failed error
	load := func(f *file, buffer []byte) ([]byte, error) {
		if f.problem.Code != "" {
			return buffer, nil
		}
		mu.Lock()
		defer mu.Unlock()
		data, err := blob(c, f.stamp.blob, buffer)
		failed = cmp.Or(failed, err)
		return data, err
	}
	r.settleLayout(l.files, load)
	entries := make([]*entry, 0, len(l.files))
	var due []*file
	var known []*entry // for each of due
	remembered := make([]*entry, len(l.files))
	if old == nil {
		remembered = r.remembered(l.files)
	}
	for i, f := range l.files {
		if e := cmp.Or(remembered[i], find(f.name)); e != nil && e.file.same(f) {
			entries = append(entries, e)
		} else {
			due, known = append(due, f), append(known, e)
		}
	}
	entries = append(entries, r.readAll(due, known, load)...)
	if failed != nil {
		return false, failed
	}
	slices.SortFunc(entries, entryByName)
	if slices.Equal(entries, before) && old != nil && !r.guessed {
		r.commit = hash
		return false, nil
	}
	r.guessed = false
	// The library keeps the function askDays, so it must not hold a reference to the
	// clone.
	all, newest := l.files, dayOf(commit)
	ask := func(history func() (storer.EncodedObjectStorer, error)) {
		r.askDays = func(files []*file) (map[string]time.Time, bool) {
			days, sure := r.daysOf(ctx, files, all, hash, newest, history)
			r.guessed = !sure
			return days, sure
		}
	}
	ask(history)
	r.put(entries, nil)
	ask(nil)
	r.commit = hash // already now, because it will not be fetched again
	r.log.Info("library: fetched", "repository", r.remote.URL, "commit", hash, "digests", r.Library().Len())
	return true, nil
}

// readSite reads the configuration of the site from a commit, and reports whether it
// has changed.
func (r *Repository) readSite(c *git.Clone, commit *object.Commit) (changed bool, err error) {
	if r.siteFile == "" {
		return false, nil
	}
	tree, err := object.GetTree(c, commit.TreeHash)
	if err != nil {
		return false, err
	}
	at, err := tree.FindEntry(r.siteFile)
	if err != nil || !at.Mode.IsFile() {
		return false, git.Unfit("library.site: the repository has no file %q: write the path of the site's _config.yml or hugo.toml in it", r.siteFile)
	}
	if at.Hash == r.site {
		return false, nil
	}
	size, err := c.EncodedObjectSize(at.Hash)
	if err != nil {
		return false, err
	}
	if size > markdown.MaxFile {
		return false, git.Unfit("library.site: %s has %d bytes; up to %d are read", r.siteFile, size, markdown.MaxFile)
	}
	data, err := blob(c, at.Hash, nil)
	if err != nil {
		return false, err
	}
	said, err := matter.ReadWebsite(r.siteFile, data)
	if err != nil {
		return false, git.Unfit("library.site: %v", err)
	}
	site, err := r.makeWebsite(said)
	if err != nil {
		return false, git.Unfit("library.site: %s: %v", r.siteFile, err)
	}
	r.settleWebsite(site)
	r.site = at.Hash
	return true, nil
}

// historyDir returns the folder that holds the whole history while it is examined.
func (r *Repository) historyDir() string { return r.dir + ".history" }

// history fetches all commits, into a temporary clone. They are only needed when a file
// of a series is new, and may contain every version of every file.
func (r *Repository) history(ctx context.Context, h *git.Host, commit plumbing.Hash) (storer.EncodedObjectStorer, error) {
	c, err := git.EmptyClone(r.historyDir(), &r.limits, r.origin(), false)
	if err != nil {
		return nil, err
	}
	return c, h.Fetch(ctx, c, commit, false)
}

// daysOf returns the days of files of a commit. The days are stored next to the clone,
// so that neither a restart nor a new history changes them. all are the files of the
// commit. A file that is not in the history gets the newest day. sure is false if the
// history was not available this time.
func (r *Repository) daysOf(ctx context.Context, files, all []*file, commit plumbing.Hash, newest time.Time, history func() (storer.EncodedObjectStorer, error)) (days map[string]time.Time, sure bool) {
	kept := r.keptDays()
	days = map[string]time.Time{}
	names := map[string]string{}
	for _, f := range files {
		if day, ok := kept[f.name]; ok {
			days[f.name] = day
		} else {
			days[f.name] = newest
			names[f.print] = f.name
		}
	}
	if len(names) == 0 {
		return days, true
	}
	if history == nil {
		return days, false
	}
	s, err := history()
	if err != nil {
		r.log.Warn("library: the history cannot be fetched; files without a date get the day of the newest commit", "repository", r.remote.URL, "error", r.explain(err))
		if !errors.Is(err, git.ErrUnfit) {
			return days, false
		}
	} else {
		for p, at := range git.FirstCommits(ctx, s, &r.limits, commit, slices.Collect(maps.Keys(names)), isMarkdown) {
			days[names[p]] = midnight(at)
		}
	}
	here := filesInOrder(all)
	next := map[string]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if here(name) != nil {
			next[name] = kept[name]
		}
	}
	maps.Copy(next, days)
	if err := r.keepDays(next); err != nil {
		r.log.Warn("library: the days of files without a date cannot be stored", "error", err)
	}
	return days, true
}

// dayOf returns the day of a commit, or today if it has no plausible time.
func dayOf(commit *object.Commit) time.Time {
	if at, ok := git.WrittenAt(commit); ok {
		return midnight(at)
	}
	return midnight(time.Now())
}

// daysFile is the content of the file with the days: the library that they belong to,
// and the days by file name.
type daysFile struct {
	Repository, Branch, Path string
	Days                     map[string]time.Time
}

func (r *Repository) daysPath() string { return r.dir + ".days" }

// keptDays returns the stored days; none if they belong to another library.
func (r *Repository) keptDays() map[string]time.Time {
	var f daysFile
	data, err := os.ReadFile(r.daysPath())
	if err != nil || json.Unmarshal(data, &f) != nil || f.Repository != r.remote.URL || f.Branch != r.remote.Branch || f.Path != r.remote.Path {
		return nil
	}
	return f.Days
}

func (r *Repository) keepDays(days map[string]time.Time) error {
	data, err := json.Marshal(daysFile{r.remote.URL, r.remote.Branch, r.remote.Path, days})
	if err != nil {
		return err
	}
	fresh := r.daysPath() + ".new"
	return errors.Join(owner.WriteFile(fresh, data), os.Rename(fresh, r.daysPath()))
}

// blob reads a file of a commit into the buffer.
func blob(c *git.Clone, hash plumbing.Hash, buffer []byte) (data []byte, err error) {
	b, err := object.GetBlob(c, hash)
	if err != nil {
		return buffer, err
	}
	reader, err := b.Reader()
	if err != nil {
		return buffer, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	data = slices.Grow(buffer[:0], int(b.Size))[:b.Size]
	_, err = io.ReadFull(reader, data)
	return data, err
}

// lister lists the Markdown files of a tree. It skips submodules, because they belong
// to another repository.
type lister struct {
	storage *git.Clone
	limits  *git.Limits
	prefix  string // of the printed paths
	names   int    // how many more may be listed
	left    int64  // how many more bytes may be read
	files   []*file
}

// library lists the folder of the library, starting from the root of a commit.
func (l *lister) library(hash plumbing.Hash) error {
	if l.prefix != "" {
		for name := range strings.SplitSeq(l.prefix, "/") {
			t, err := l.folder(hash)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(t.Entries, func(e object.TreeEntry) bool { return e.Name == name && e.Mode == filemode.Dir })
			if i < 0 {
				return git.Unfit("it has no folder %q: set library.path to the folder of the digests", l.prefix)
			}
			hash = t.Entries[i].Hash
		}
	}
	if err := l.list("", hash, 0); err != nil {
		return err
	}
	slices.SortFunc(l.files, byName)
	for i, f := range l.files {
		if i > 0 && f.name == l.files[i-1].name {
			return git.Unfit("it has two files %q: run git fsck", f.name)
		}
		if f.problem.Code != "" {
			continue
		}
		if err := l.size(f); err != nil {
			return err
		}
	}
	return nil
}

// folder reads the list of a folder.
func (l *lister) folder(hash plumbing.Hash) (*object.Tree, error) {
	t, size, err := l.limits.Folder(l.storage, hash)
	if err != nil {
		return nil, err
	}
	return t, l.read(size)
}

// read subtracts size from the bytes that may still be read.
func (l *lister) read(size int64) error {
	if l.left -= size; l.left < 0 {
		return git.Unfit("the library has more than %s of text: set library.path to a folder with less, or move old digests elsewhere", git.InBytes(l.limits.Text))
	}
	return nil
}

func (l *lister) list(name string, hash plumbing.Hash, depth int) error {
	if depth > l.limits.Depth {
		return git.Unfit("its folders are nested more than %d deep, at %.100q: set library.path to the folder of the digests", l.limits.Depth, name)
	}
	t, err := l.folder(hash)
	if err != nil {
		return err
	}
	if l.names -= len(t.Entries) + 1; l.names < 0 {
		return git.Unfit("it has more than %d files and folders: set library.path to the folder of the digests, or move old ones elsewhere", l.limits.Names)
	}
	for _, e := range t.Entries {
		if leftOut(e.Name) || e.Mode != filemode.Dir && !isMarkdown(e.Name) {
			continue
		}
		if strings.Contains(e.Name, "/") {
			return git.Unfit("a name of a file has a slash: run git fsck")
		}
		if len(l.prefix)+len(name)+len(e.Name)+2 > l.limits.Path {
			return git.Unfit("the path of a file has more than %d bytes: give it, or its folders, a shorter name", l.limits.Path)
		}
		f := &file{print: path.Join(l.prefix, name, e.Name), stamp: stamp{blob: e.Hash}}
		f.name = strings.TrimPrefix(f.print[len(l.prefix):], "/") // share the bytes of print
		switch {
		case e.Mode == filemode.Dir:
			if err := l.list(f.name, e.Hash, depth+1); err != nil {
				return err
			}
		case e.Mode == filemode.Symlink:
			f.problem = digest.Problem{Severity: digest.Error, Code: codeLink, Message: "is left out: links in a repository are not followed"}
			l.files = append(l.files, f)
		case e.Mode.IsFile():
			l.files = append(l.files, f)
		}
	}
	return nil
}

// size determines the size of a file, and subtracts it from the bytes that may still be
// read.
func (l *lister) size(f *file) error {
	size, err := l.storage.EncodedObjectSize(f.stamp.blob)
	f.stamp.size = size
	switch {
	case l.storage.Partial && errors.Is(err, plumbing.ErrObjectNotFound):
		f.problem = tooLarge(0)
	case err != nil:
		return err
	case size > markdown.MaxFile:
		f.problem = tooLarge(size)
	default:
		return l.read(size)
	}
	return nil
}
