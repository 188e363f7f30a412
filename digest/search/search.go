package search

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// Order is the order of hits.
type Order uint8

// The orders. Newest is that of the library: the newest day first, the stories
// of a digest one after another. Rank puts first what the words say most of,
// where a headline counts more than a summary; of more hits than 2,000 it takes
// the newest.
const (
	Newest Order = iota
	Rank
)

// Hit is what was found: a story of a digest, or the digest itself.
type Hit struct {
	Digest *digest.Card
	// Story is an index of Digest.Stories, and -1 when the words are in the
	// digest's title, tags, lead or sections.
	Story int
}

// Index is an index in a file. Any number of goroutines may use it, and other
// processes may use the file.
type Index struct {
	path string

	// updating is held by the one that changes the file or what is filed.
	updating sync.Mutex
	// mu guards the fields below. Who uses the file keeps it locked for
	// reading, so that nobody else closes it.
	mu    sync.RWMutex
	file  *file // nil when it could not be opened again
	filed *filed
}

// filed is what the file held after the last Update. It does not change.
type filed struct {
	library *digest.Library
	digests []*digest.Card // by n; nil where a number is free
	hashes  map[*digest.Card]hash
	seal    int64
}

// hash is that of all that rows are made of.
type hash [sha256.Size]byte

// errOther: the file no longer holds what this Index has filed.
var errOther = errors.New("another process changed the file again and again")

// Open opens the index in the file at path. The file is the index's alone: when
// it is missing or anything else, from damage to a newer format, it is replaced
// by an empty index, which the next Update fills.
func Open(path string) (*Index, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("search index %s: %w", path, err)
	}
	x := &Index{path: absolute}
	if x.file, err = openFile(context.Background(), absolute); err != nil {
		return nil, x.wrap(err)
	}
	return x, nil
}

// Close closes the file.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.wrap(x.file.Close())
}

func (x *Index) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("search index %s: %w", x.path, err)
}

// Update makes the file hold the library. Only digests that are new, changed or
// gone are touched; it returns how many those are. Until it returns, searches
// find what was there before.
func (x *Index) Update(ctx context.Context, l *digest.Library) (touched int, err error) {
	x.updating.Lock()
	defer x.updating.Unlock()
	touched, err = x.update(ctx, l)
	if unusable(err) {
		if err = x.reopen(ctx); err == nil {
			touched, err = x.update(ctx, l)
		}
	}
	return touched, x.wrap(err)
}

// Search returns the first hits of the words, at most limit. It finds nothing
// before the first Update, and nothing for a text without words.
func (x *Index) Search(ctx context.Context, words string, o Order, limit int) ([]Hit, error) {
	query := query(words)
	if query == "" || limit <= 0 {
		return nil, nil
	}
	for mended := 0; ; {
		now, hits, err := x.search(ctx, query, o, limit)
		if err == nil {
			return hits, nil
		}
		if mended == 2 || !errors.Is(err, errOther) && !unusable(err) {
			return nil, x.wrap(err)
		}
		did, err := x.mend(ctx, now, mended > 0 || !errors.Is(err, errOther))
		if err != nil {
			return nil, x.wrap(err)
		}
		if did {
			mended++
		}
	}
}

// search searches what is filed now, if anything is.
func (x *Index) search(ctx context.Context, query string, o Order, limit int) (now *filed, hits []Hit, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if now = x.filed; now != nil {
		hits, err = now.search(ctx, x.file, query, o, limit)
	}
	return now, hits, err
}

// mend brings the file back to what is filed, after a search that began with
// before. It opens the file anew when that may be damaged or was replaced. It
// does nothing when an Update has come in between.
func (x *Index) mend(ctx context.Context, before *filed, reopen bool) (did bool, err error) {
	x.updating.Lock()
	defer x.updating.Unlock()
	if x.filed != before {
		return false, nil
	}
	if reopen {
		if err := x.reopen(ctx); err != nil {
			return true, err
		}
	}
	_, err = x.update(ctx, before.library)
	return true, err
}

// reopen closes the file and opens the one that is at its path, which may be a
// new one. The caller holds updating.
func (x *Index) reopen(ctx context.Context) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	_ = x.file.Close() // it was of no use
	x.file = nil
	f, err := openFile(ctx, x.path)
	if err == nil {
		x.file = f
	}
	return err
}

// search searches the file, if it holds what is filed.
func (f *filed) search(ctx context.Context, in *file, query string, o Order, limit int) (hits []Hit, err error) {
	err = in.view(ctx, func(tx *sql.Tx) error {
		if is, err := seal(ctx, tx); err != nil {
			return err
		} else if is != f.seal {
			return errOther
		}
		rows, err := tx.QueryContext(ctx, orders[o], query)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		var day int64
		for rows.Next() {
			var row rowID
			if err := rows.Scan(&row); err != nil {
				return err
			}
			// Within a day the library knows the order, so a day is read whole.
			if len(hits) >= limit && (o == Rank || row.day() != day) {
				return nil
			}
			day = row.day()
			hit, ok := f.hit(row)
			if !ok {
				return errUnusable
			}
			hits = append(hits, hit)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	if o == Newest {
		slices.SortFunc(hits, func(a, b Hit) int {
			return cmp.Or(b.Digest.Date.Compare(a.Digest.Date), digest.HigherFirst(a.Digest.ID, b.Digest.ID), cmp.Compare(a.Story, b.Story))
		})
	}
	return hits[:min(limit, len(hits))], nil
}

// orders are the queries. The weights are those of the columns. The score of a
// row costs some microseconds, so not all rows get one.
var orders = [...]string{
	Newest: "SELECT rowid FROM stories WHERE stories MATCH ? ORDER BY rowid DESC",
	Rank: `SELECT rowid FROM (
		SELECT rowid, bm25(stories, 8, 3, 2, 1) AS score FROM stories WHERE stories MATCH ? ORDER BY rowid DESC LIMIT 2000
	) ORDER BY score, rowid DESC`,
}

func (f *filed) hit(row rowID) (Hit, bool) {
	n := row.n()
	if n >= len(f.digests) || f.digests[n] == nil || row.story() >= f.digests[n].Len() {
		return Hit{}, false
	}
	return Hit{f.digests[n], row.story()}, true
}

// known is a digest in the file.
type known struct {
	n     int
	hash  hash
	first rowID
	rows  int
}

// update makes the file hold the library. The caller holds updating.
func (x *Index) update(ctx context.Context, l *digest.Library) (touched int, err error) {
	next := &filed{library: l, hashes: make(map[*digest.Card]hash, l.Len())}
	var hashes map[*digest.Card]hash
	if x.filed != nil {
		hashes = x.filed.hashes
	}
	for _, d := range l.All() {
		sum, ok := hashes[d]
		if !ok {
			sum = hashOf(d)
		}
		next.hashes[d] = sum
	}
	if touched, err = x.write(ctx, next); err != nil {
		return 0, err
	}
	x.mu.Lock()
	x.filed = next
	x.mu.Unlock()
	return touched, nil
}

// write makes the file hold what is to be filed.
func (x *Index) write(ctx context.Context, next *filed) (touched int, err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	err = x.file.change(ctx, func(tx *sql.Tx) error {
		touched, err = next.enter(ctx, tx)
		if err != nil {
			return err
		}
		if touched > 0 {
			next.seal, err = putSeal(ctx, tx)
		} else {
			next.seal, err = seal(ctx, tx)
		}
		return err
	})
	return touched, err
}

// enter brings the tables up to date and numbers the digests.
func (f *filed) enter(ctx context.Context, tx *sql.Tx) (touched int, err error) {
	old, err := readDigests(ctx, tx)
	if err != nil {
		return 0, err
	}
	var fresh []*digest.Card
	for _, d := range f.library.All() {
		k, ok := old[d.ID]
		if !ok {
			fresh = append(fresh, d)
			continue
		}
		delete(old, d.ID)
		f.number(k.n, d)
		if k.hash == f.hashes[d] {
			continue
		}
		touched++
		if err := remove(ctx, tx, k); err != nil {
			return 0, err
		}
		if err := add(ctx, tx, k.n, d, f.hashes[d]); err != nil {
			return 0, err
		}
	}
	for _, k := range old {
		touched++
		if err := remove(ctx, tx, k); err != nil {
			return 0, err
		}
	}
	free := 0
	for _, d := range slices.Backward(fresh) {
		for free < len(f.digests) && f.digests[free] != nil {
			free++
		}
		touched++
		f.number(free, d)
		if err := add(ctx, tx, free, d, f.hashes[d]); err != nil {
			return 0, err
		}
	}
	return touched, nil
}

// number gives a digest its number.
func (f *filed) number(n int, d *digest.Card) {
	if n >= len(f.digests) {
		f.digests = append(f.digests, make([]*digest.Card, n+1-len(f.digests))...)
	}
	f.digests[n] = d
}

func readDigests(ctx context.Context, tx *sql.Tx) (map[string]known, error) {
	rows, err := tx.QueryContext(ctx, "SELECT n, id, hash, first, rows FROM digests")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string]known{}
	var sum sql.RawBytes
	for rows.Next() {
		var k known
		var id string
		if err := rows.Scan(&k.n, &id, &sum, &k.first, &k.rows); err != nil {
			return nil, err
		}
		if k.n < 0 || k.n > maxDigest || k.rows > maxStory || copy(k.hash[:], sum) != len(k.hash) {
			return nil, errUnusable
		}
		all[id] = k
	}
	return all, rows.Err()
}

// remove takes a digest and its rows out of the tables.
func remove(ctx context.Context, tx *sql.Tx, k known) error {
	for i := range k.rows {
		if _, err := tx.ExecContext(ctx, "DELETE FROM stories WHERE rowid = ?", k.first+rowID(i)); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM digests WHERE n = ?", k.n)
	return err
}

// add enters a digest and its rows.
func add(ctx context.Context, tx *sql.Tx, n int, card *digest.Card, sum hash) error {
	if n > maxDigest {
		return fmt.Errorf("there are more than %d digests", maxDigest)
	}
	d, err := card.Read()
	if err != nil {
		return err
	}
	first, all := firstRow(d.Date, n), rowsOf(d)
	for i, r := range all {
		_, err := tx.ExecContext(ctx, "INSERT INTO stories (rowid, headline, text, sources, context) VALUES (?, ?, ?, ?, ?)",
			first+rowID(i), tokens(r.headline), tokens(r.text), tokens(r.sources), tokens(r.context))
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO digests (n, id, hash, first, rows) VALUES (?, ?, ?, ?, ?)", n, d.ID, sum[:], first, len(all))
	return err
}

// rowID is a row's number: from the highest bit the day, the digest's number
// and, from 1, the story; 0 is the digest itself. Each bit costs, because FTS5
// writes the distance from row to row for every word, so there are as many as a
// library may ever need: a million digests, of 16,382 stories each at most (what
// comes after them is not found). All days that can be written fit in the rest.
type rowID int64

const (
	storyBits, digestBits = 14, 20

	maxStory  = 1<<storyBits - 1
	maxDigest = 1<<digestBits - 1
)

func firstRow(date time.Time, n int) rowID {
	const secondsOfDay = 24 * 60 * 60
	return rowID(date.Unix()/secondsOfDay)<<(digestBits+storyBits) | rowID(n)<<storyBits
}

func (r rowID) day() int64 { return int64(r >> (digestBits + storyBits)) }
func (r rowID) n() int     { return int(r>>storyBits) & maxDigest }
func (r rowID) story() int { return int(r)&maxStory - 1 }

// row is the text of a row.
type row struct{ headline, text, sources, context string }

// rowsOf are the rows of a digest: its own, and then its stories'.
func rowsOf(d *digest.Digest) []row {
	tags := strings.Join(d.Tags, border)
	text := []string{tags, d.Lead.String()}
	for _, s := range d.Sections {
		text = append(text, s.Title, s.Text.String())
	}
	rows := []row{{headline: d.Title, text: strings.Join(text, border), sources: host(d.Source)}}
	context := d.Title + border + tags
	for _, s := range d.Stories[:min(len(d.Stories), maxStory-1)] {
		var sources []string
		for _, x := range s.Sources {
			sources = append(sources, x.Title, host(x.URL))
		}
		rows = append(rows, row{s.Headline, s.Summary.String(), strings.Join(sources, border), context})
	}
	return rows
}

// host is the host of an address; it is the text itself when that is none.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// hashOf is the hash of all that the rows of a digest are made of. It needs no text:
// the fingerprint is of that.
func hashOf(d *digest.Card) hash {
	return sha256.Sum256(fmt.Appendf(nil, "%s %d %q %q", d.Fingerprint(), firstRow(d.Date, 0), d.Tags, d.Source))
}
