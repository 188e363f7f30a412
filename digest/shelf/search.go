package shelf

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"weak"

	"github.com/digestbot/digestbot/digest"
)

// Order is the order of hits.
type Order uint8

// The orders. Newest is that of the library: the newest day first, the stories
// of a digest one after another. Rank puts first what the words say most of,
// where a headline counts more than a summary; of more hits than 2,000 it may take
// the newest alone.
const (
	Newest Order = iota
	Rank
)

// mostRanked is how many rows get a score, which takes some microseconds each.
const mostRanked = 2000

// Hit is what was found: a story of a digest, or the digest itself.
type Hit struct {
	Digest *digest.Card
	// Story is an index of Digest.Stories, and -1 when the words are in the
	// digest's title, tags, lead, groups or sections.
	Story int
}

// Index has the index follow what is put on the shelf from now on, in the
// background, and waits until it has all. Until then Search finds a part. An error
// says why the index cannot follow now; it is tried again each minute.
func (s *Shelf) Index(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.idle.Broadcast()
	})()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexing, s.failed = true, nil
	s.poke()
	for !s.caughtUp() && s.failed == nil && s.damaged == nil && ctx.Err() == nil {
		s.idle.Wait()
	}
	return cmp.Or(s.damaged, s.failed, ctx.Err())
}

// Indexed reports whether the index has all that was put on the shelf.
func (s *Shelf) Indexed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.indexing && s.caughtUp() && s.damaged == nil
}

// caughtUp reports whether everything is written, and indexed if it is to be. The
// caller holds mu.
func (s *Shelf) caughtUp() bool { return len(s.queue) == 0 && (s.indexed || !s.indexing) }

// Search returns the first hits of the words in a library of this shelf, at most
// limit. It finds nothing for a text without words.
func (s *Shelf) Search(ctx context.Context, l *digest.Library, words string, o Order, limit int) (hits []Hit, err error) {
	match := query(words)
	if match == "" || limit <= 0 || s.db == nil {
		return nil, nil
	}
	defer func() {
		if err != nil {
			s.condemn(err)
			err = fmt.Errorf("search: %w", err)
		}
	}()
	find := s.newest
	if o == Rank {
		find = s.best
	}
	in := contents{l.All(), s.placesIn(l)}
	found, err := find(ctx, match, in, limit)
	for _, f := range found {
		if f.story >= in.cards[f.card].Len() {
			return nil, errUnusable
		}
		hits = append(hits, Hit{in.cards[f.card], f.story})
	}
	return hits, err
}

// hit is what was found: card is an index of the library's.
type hit struct{ card, story int }

// contents are what a library has: its cards, and where they have readings.
type contents struct {
	cards  []*digest.Card
	places []place
}

// add adds what a row has found, nothing if the library does not have its reading.
func (c contents) add(hits []hit, row rowID) []hit {
	i, _ := slices.BinarySearchFunc(c.places, row.reading(), func(p place, reading int64) int { return cmp.Compare(p.reading, reading) })
	for ; i < len(c.places) && c.places[i].reading == row.reading(); i++ {
		hits = append(hits, hit{c.places[i].card, row.story()})
	}
	return hits
}

// newest finds the first hits in the order of a library.
func (s *Shelf) newest(ctx context.Context, match string, in contents, limit int) (hits []hit, err error) {
	first := func() []hit {
		slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.card, b.card), cmp.Compare(a.story, b.story)) })
		return hits[:min(limit, len(hits))]
	}
	var day int64
	_, err = s.each(ctx, `SELECT rowid FROM stories WHERE stories MATCH ? ORDER BY rowid DESC`, []any{match}, func(row rowID) bool {
		// Rows come by day. The next ones are no newer than its day, so the first hits are
		// known when they are of newer ones.
		if row.day() != day {
			day, hits = row.day(), first()
			if len(hits) == limit && dayOf(in.cards[hits[limit-1].card].Date) > day {
				return false
			}
		}
		hits = in.add(hits, row)
		return true
	})
	return first(), err
}

// best finds the first hits by rank. The weights are those of the columns. Among more
// rows it looks only if the library has too few of the newest.
func (s *Shelf) best(ctx context.Context, match string, in contents, limit int) (hits []hit, err error) {
	for most := mostRanked; ; most *= 8 {
		hits = hits[:0]
		rows, err := s.each(ctx, `SELECT rowid FROM (
				SELECT rowid, bm25(stories, 8, 3, 2, 1) AS score FROM stories WHERE stories MATCH ? ORDER BY rowid DESC LIMIT ?
			) ORDER BY score, rowid DESC`, []any{match, most}, func(row rowID) bool {
			hits = in.add(hits, row)
			return len(hits) < limit
		})
		if err != nil || len(hits) >= limit || rows < most {
			return hits[:min(limit, len(hits))], err
		}
	}
}

// each calls do for the rows of a query, until it says that this is enough, and counts
// them.
func (s *Shelf) each(ctx context.Context, query string, args []any, do func(rowID) bool) (n int, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var row rowID
	for rows.Next() {
		if err := rows.Scan(&row); err != nil {
			return n, err
		}
		if n++; !do(row) {
			break
		}
	}
	return n, rows.Err()
}

// place is where a library has a reading: an index of its cards.
type place struct {
	reading int64
	card    int
}

// places are those of a library, by reading. They do not keep the library in memory.
type places struct {
	of  weak.Pointer[digest.Library]
	all []place
}

// placesIn are the places of all readings in a library that are on the shelf.
func (s *Shelf) placesIn(l *digest.Library) []place {
	of := weak.Make(l)
	if known := s.places.Load(); known != nil && known.of == of {
		return known.all
	}
	cards := l.All()
	all := make([]place, 0, len(cards))
	written := true
	for i, c := range cards {
		if t, ok := c.Text().(*text); ok && t.shelf == s {
			if id := t.reading(); id != 0 {
				all = append(all, place{id, i})
			} else {
				written = false
			}
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.reading, b.reading), cmp.Compare(a.card, b.card)) })
	if written { // else there are more in a moment
		s.places.Store(&places{of, all})
	}
	return all
}

// rowID is a row's number: from the highest bit the day, the reading and, from 1,
// the story; 0 is the digest itself. The newest hits are so the last rows, and are
// found without looking at the others; sorting by a column would take time for
// every hit. Each bit costs, because FTS5 writes the distance from row to row for
// every word.
type rowID int64

const (
	storyBits, readingBits = 14, 26

	// maxStory is how many rows a reading may have; stories that come after them are
	// not found.
	maxStory   = 1<<storyBits - 1
	maxReading = 1<<readingBits - 1
	// undatedDay is that of readings without a day. Their digests get days of any kind
	// from a library, so they come before all others.
	undatedDay = 1<<(63-storyBits-readingBits) - 1
)

func firstRow(date time.Time, reading int64) rowID {
	day := int64(undatedDay)
	if !date.IsZero() {
		day = dayOf(date)
	}
	return rowID(day<<(readingBits+storyBits) | reading<<storyBits)
}

// dayOf is a number for a day in UTC, higher for later days.
func dayOf(date time.Time) int64 { return date.Unix() / (24 * 60 * 60) }

func (r rowID) day() int64     { return int64(r >> (readingBits + storyBits)) }
func (r rowID) reading() int64 { return int64(r) >> storyBits & maxReading }
func (r rowID) story() int     { return int(r)&maxStory - 1 }

// fill indexes some of the readings that are not indexed yet; more says that there
// may be others.
func (s *Shelf) fill() (more bool, err error) {
	err = transact(context.Background(), s.db, func(tx *sql.Tx) error {
		due, err := s.notIndexed(tx)
		if err != nil {
			return err
		}
		insert, err := tx.Prepare(`INSERT INTO stories (rowid, headline, text, sources, context) VALUES (?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer func() { _ = insert.Close() }()
		more = len(due) == batch
		for _, r := range due {
			rows, err := s.rows(r)
			if err != nil {
				return err
			}
			for i, row := range rows {
				if _, err := insert.Exec(r.first+rowID(i), row.headline, row.text, row.sources, row.context); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(`UPDATE readings SET indexed = 1 WHERE id = ?`, r.first.reading()); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// unindexed is a reading that is not indexed yet.
type unindexed struct {
	first  rowID
	digest digest.Card
	packed []byte
}

// notIndexed are some readings that are not indexed, in the order of their rows: FTS5
// writes a piece of its own whenever a row has a lower number than the one before.
func (s *Shelf) notIndexed(tx *sql.Tx) (due []unindexed, err error) {
	rows, err := tx.Query(`SELECT r.id, r.title, r.date, r.source, r.tags, t.text FROM readings AS r JOIN texts AS t ON t.reading = r.id
		WHERE NOT r.indexed AND r.reader = ? LIMIT ?`, s.reader, batch)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var (
			r          unindexed
			id         int64
			date, tags string
		)
		if err := rows.Scan(&id, &r.digest.Title, &date, &r.digest.Source, &tags, &r.packed); err != nil {
			return nil, err
		}
		if id > maxReading {
			return nil, errors.Join(errUnusable, errors.New("there were too many readings"))
		}
		if r.digest.Date, err = dateIn(date); err != nil {
			return nil, err
		}
		r.digest.Tags, r.first = strings.Split(tags, "\n"), firstRow(r.digest.Date, id)
		due = append(due, r)
	}
	slices.SortFunc(due, func(a, b unindexed) int { return cmp.Compare(a.first, b.first) })
	return due, rows.Err()
}

// rows are those of a reading, in tokens. A bug costs the reading its rows.
func (s *Shelf) rows(r unindexed) (rows []row, err error) {
	d, err := unpack(r.packed)
	if err != nil {
		return nil, err
	}
	d.Card = r.digest
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("library: digestbot has a bug: it cannot index a digest", "title", d.Title, "panic", fmt.Sprintf("%v", p), "stack", string(debug.Stack()))
			rows = nil
		}
	}()
	rows = rowsOf(d)
	for i, r := range rows {
		rows[i] = row{tokens(r.headline), tokens(r.text), tokens(r.sources), tokens(r.context)}
	}
	return rows, nil
}

// row is the text of a row.
type row struct{ headline, text, sources, context string }

// rowsOf are the rows of a digest: its own, and then its stories'.
var rowsOf = func(d *digest.Digest) []row {
	tags := strings.Join(d.Tags, border)
	text := []string{tags, d.Lead.String()}
	for _, s := range d.Sections {
		text = append(text, s.Title, s.Text.String())
	}
	for i, s := range d.Stories {
		if s.Group != "" && (i == 0 || s.Group != d.Stories[i-1].Group) {
			text = append(text, s.Group)
		}
	}
	rows := []row{{headline: d.Title, text: strings.Join(text, border), sources: host(d.Source)}}
	context := d.Title + border + tags
	for _, s := range d.Stories[:min(len(d.Stories), maxStory-1)] {
		var sources []string
		for _, x := range s.Sources {
			sources = append(sources, x.Title, host(x.URL))
		}
		own := strings.Join(append([]string{s.Summary.String()}, s.Tags...), border)
		rows = append(rows, row{s.Headline, own, strings.Join(sources, border), context + border + s.Group})
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
