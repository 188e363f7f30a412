package shelf

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

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
	find := matcher{s.db}.newest
	if o == Rank {
		find = matcher{s.db}.best
	}
	in := contents{l.All(), s.places.in(l, s)}
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

// matcher finds the rows of the index that have words.
type matcher struct{ db *sql.DB }

// newest finds the first hits in the order of a library.
func (q matcher) newest(ctx context.Context, match string, in contents, limit int) (hits []hit, err error) {
	first := func() []hit {
		slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.card, b.card), cmp.Compare(a.story, b.story)) })
		return hits[:min(limit, len(hits))]
	}
	var day int64
	_, err = q.each(ctx, `SELECT rowid FROM stories WHERE stories MATCH ? ORDER BY rowid DESC`, []any{match}, func(row rowID) bool {
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
func (q matcher) best(ctx context.Context, match string, in contents, limit int) (hits []hit, err error) {
	for most := mostRanked; ; most *= 8 {
		hits = hits[:0]
		rows, err := q.each(ctx, `SELECT rowid FROM (
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
func (q matcher) each(ctx context.Context, query string, args []any, do func(rowID) bool) (n int, err error) {
	rows, err := q.db.QueryContext(ctx, query, args...)
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
