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

// The orders. Newest is the order of the library: the newest day first, and the stories
// of a digest in sequence. Rank puts the best matches first; a match in a headline
// counts more than one in a summary. Of more than 2,000 hits, Rank may consider only
// the newest.
const (
	Newest Order = iota
	Rank
)

// mostRanked is how many rows are scored at first. A score takes some microseconds.
const mostRanked = 2000

// Hit is a search result: a story of a digest, or the digest itself.
type Hit struct {
	Digest *digest.Card
	// Story is an index into Digest.Stories, or -1 if the words are in the digest's
	// title, tags, lead, groups or sections.
	Story int
}

// Index makes the index follow what is put on the shelf from now on, in the background,
// and waits until it is complete. Until then, Search finds only part of the stories. An
// error says why the index cannot be updated now; the shelf retries every minute.
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

// Indexed reports whether the index contains everything that was put on the shelf.
func (s *Shelf) Indexed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.indexing && s.caughtUp() && s.damaged == nil
}

// caughtUp reports whether everything is written and, if indexing is on, indexed. The
// caller must hold mu.
func (s *Shelf) caughtUp() bool { return len(s.queue) == 0 && (s.indexed || !s.indexing) }

// Search returns the first hits for the words in a library of this shelf, at most
// limit. It returns none if there are no words.
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

// hit is a search result; card is an index into the cards of the library.
type hit struct{ card, story int }

// contents are the cards of a library and the places of their readings.
type contents struct {
	cards  []*digest.Card
	places []place
}

// add appends the hits for a row; there are none if the library does not have its
// reading.
func (c contents) add(hits []hit, row rowID) []hit {
	i, _ := slices.BinarySearchFunc(c.places, row.reading(), func(p place, reading int64) int { return cmp.Compare(p.reading, reading) })
	for ; i < len(c.places) && c.places[i].reading == row.reading(); i++ {
		hits = append(hits, hit{c.places[i].card, row.story()})
	}
	return hits
}

// matcher finds the rows of the index that match a query.
type matcher struct{ db *sql.DB }

// newest returns the first hits in the order of the library.
func (q matcher) newest(ctx context.Context, match string, in contents, limit int) (hits []hit, err error) {
	first := func() []hit {
		slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(a.card, b.card), cmp.Compare(a.story, b.story)) })
		return hits[:min(limit, len(hits))]
	}
	var day int64
	_, err = q.each(ctx, `SELECT rowid FROM stories WHERE stories MATCH ? ORDER BY rowid DESC`, []any{match}, func(row rowID) bool {
		// Rows are sorted by day, newest first, so the first hits are final once all of
		// them are newer than the day of the next row.
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

// best returns the first hits by rank. The weights are those of the columns. It
// considers more rows only if too few of the newest are in the library.
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

// each calls do for the rows of a query until do returns false, and returns the number
// of calls.
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

// rowID is the number of a row. It consists of the day (the highest bits), the reading,
// and the story, counted from 1; 0 is the digest itself. The newest hits are therefore
// the last rows, and are found without looking at the others. Sorting by a column would
// cost time for every hit. Bits are precious, because FTS5 stores the distance from row
// to row for every word.
type rowID int64

const (
	storyBits, readingBits = 14, 26

	// maxStory is the most rows that a reading may have; later stories cannot be found.
	maxStory   = 1<<storyBits - 1
	maxReading = 1<<readingBits - 1
	// undatedDay is the day of readings without a date. A library may give their
	// digests any day, so they come before all others.
	undatedDay = 1<<(63-storyBits-readingBits) - 1
)

func firstRow(date time.Time, reading int64) rowID {
	day := int64(undatedDay)
	if !date.IsZero() {
		day = dayOf(date)
	}
	return rowID(day<<(readingBits+storyBits) | reading<<storyBits)
}

// dayOf returns the number of a day in UTC; later days have higher numbers.
func dayOf(date time.Time) int64 { return date.Unix() / (24 * 60 * 60) }

func (r rowID) day() int64     { return int64(r >> (readingBits + storyBits)) }
func (r rowID) reading() int64 { return int64(r) >> storyBits & maxReading }
func (r rowID) story() int     { return int(r)&maxStory - 1 }
