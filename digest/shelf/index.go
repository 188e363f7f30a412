package shelf

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/digest"
)

// indexer indexes the readings of one version of the reader.
type indexer struct {
	db     *sql.DB
	reader string
	log    *slog.Logger
}

// fill indexes some of the readings that are not indexed yet. more reports that there
// may be others.
func (x indexer) fill() (more bool, err error) {
	err = transact(context.Background(), x.db, func(tx *sql.Tx) error {
		due, err := x.notIndexed(tx)
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
			rows, err := x.rows(r)
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

// notIndexed returns some readings that are not indexed, in the order of their rows:
// FTS5 starts a new segment whenever a row has a lower number than the one before.
func (x indexer) notIndexed(tx *sql.Tx) (due []unindexed, err error) {
	rows, err := tx.Query(`SELECT r.id, r.title, r.date, r.source, r.tags, t.text FROM readings AS r JOIN texts AS t ON t.reading = r.id
		WHERE NOT r.indexed AND r.reader = ? LIMIT ?`, x.reader, batch)
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

// rows returns the rows of a reading, as tokens. If a bug makes this panic, it returns
// none.
func (x indexer) rows(r unindexed) (rows []row, err error) {
	d, err := unpack(r.packed)
	if err != nil {
		return nil, err
	}
	d.Card = r.digest
	defer func() {
		if p := recover(); p != nil {
			x.log.Error("library: digestbot has a bug: it cannot index a digest", "title", d.Title, "panic", fmt.Sprintf("%v", p), "stack", string(debug.Stack()))
			rows = nil
		}
	}()
	rows = rowsOf(d)
	for i, r := range rows {
		rows[i] = row{tokens(r.headline), tokens(r.text), tokens(r.sources), tokens(r.context)}
	}
	return rows, nil
}

// row is the text of one row of the index.
type row struct{ headline, text, sources, context string }

// rowsOf returns the rows of a digest: first its own, then those of its stories.
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

// host returns the host of an address, or the text itself if it is not an address.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}
