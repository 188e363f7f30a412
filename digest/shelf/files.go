package shelf

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// columns are the columns of a reading, in the order in which scan reads them.
const columns = `r.id, r.file, r.draft, r.example, r.title, r.date, r.clock, r.author, r.source, r.language, r.categories, r.tags, r.window, r.page, r.problems, r.marks`

// Files calls take for each file on the shelf of a library that this version of the
// reader has read, in the order of their names.
func (s *Shelf) Files(ctx context.Context, library string, take func(File)) (err error) {
	if s.db == nil || library == "" {
		return nil
	}
	defer func() { s.lose(err) }()
	rows, err := s.db.QueryContext(ctx, `SELECT f.name, f.size, f.time, `+columns+`
		FROM files AS f JOIN readings AS r ON r.id = f.reading WHERE f.library = ? AND r.reader = ? ORDER BY f.name`, library, s.reader)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var f File
		if f.Reading, err = s.scan(rows, &f.Name, &f.Size, &f.Time); err != nil {
			return err
		}
		take(f)
	}
	return rows.Err()
}

// Find returns the reading of a content, or nil if there is none. name is the name of a
// file with that content.
func (s *Shelf) Find(ctx context.Context, content Content, name string) (_ *Reading, err error) {
	if !s.some.Load() {
		return nil, nil
	}
	defer func() { s.lose(err) }()
	rows, err := s.find.QueryContext(ctx, content[:], s.reader, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	return s.scan(rows)
}

// scan scans a row: the columns before the reading, and the reading.
func (s *Shelf) scan(rows *sql.Rows, before ...any) (*Reading, error) {
	var (
		r                                             Reading
		c                                             digest.Card
		date, categories, tags, window, page, trouble string
		marks                                         sql.RawBytes
		file                                          int64
	)
	err := rows.Scan(append(before, &r.id, &file, &r.Draft, &c.Example, &c.Title, &date, &c.Clock, &c.Author, &c.Source, &c.Language, &categories, &tags, &window, &page, &trouble, &marks)...)
	if err != nil {
		return nil, err
	}
	for _, word := range []*string{&c.Author, &c.Source, &c.Language} {
		*word = s.words.once(*word)
	}
	c.Categories, c.Tags = s.words.lines(categories), s.words.lines(tags)
	c.Hash = uint64(file)
	if c.Date, err = dateIn(date); err != nil {
		return nil, damage(err)
	}
	if window != "" {
		if err := json.Unmarshal([]byte(window), &c.Window); err != nil {
			return nil, damage(err)
		}
	}
	if page != "" {
		if err := json.Unmarshal([]byte(page), &c.Page); err != nil {
			return nil, err
		}
	}
	if trouble != "" {
		if err := json.Unmarshal([]byte(trouble), &r.Problems); err != nil {
			return nil, damage(err)
		}
	}
	if r.Card, err = digest.NewCard(c, string(marks), &text{shelf: s, id: r.id}); err != nil {
		return nil, damage(err)
	}
	return &r, nil
}

// damage returns the error for a row that this package cannot have written.
func damage(err error) error { return fmt.Errorf("%w: %w", errUnusable, err) }

// dateIn parses the date in a column; the column may be empty.
func dateIn(column string) (time.Time, error) {
	if column == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, column)
}

// text returns the packed text of a reading.
func (s *Shelf) text(id int64) (packed []byte, err error) {
	err = s.db.QueryRow(`SELECT text FROM texts WHERE reading = ?`, id).Scan(&packed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errors.New("its reading is no longer stored")
	}
	s.condemn(err)
	return packed, err
}

// Put puts a file and its reading on the shelf of a library. If the library has no
// name, only the reading is kept. name is the file name that the reader was given.
func (s *Shelf) Put(library string, f File, content Content, name string, d *digest.Digest) (*Reading, error) {
	packed, err := pack(d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	t := &text{shelf: s, packed: packed}
	r := &Reading{Reading: digest.Reading{Draft: d.Draft, Problems: d.Problems}}
	// Clone all strings: the card must not keep the whole text of the file in memory.
	r.Card, err = digest.NewCard(digest.Card{
		Hash: d.Hash, Example: d.Example, Title: strings.Clone(d.Title), Date: d.Date, Clock: d.Clock, Author: s.words.once(d.Author), Source: s.words.once(d.Source), Language: s.words.once(d.Language),
		Categories: s.words.all(d.Categories), Tags: s.words.all(d.Tags), Window: d.Window, Page: d.Page,
	}, d.Marks(), t)
	if err != nil {
		return nil, err
	}
	asked := ""
	if d.Named {
		asked = name
	}
	f.Reading = r
	s.enter(write{library: library, file: f, content: content, asked: asked, text: t})
	return r, nil
}

// Note records the current size and time of a file whose reading is already on the
// shelf. For a library without a name, it only records that the reading was used.
func (s *Shelf) Note(library string, f File) { s.enter(write{library: library, file: f}) }

// Layout returns the layout of a library that this version of the reader has learned,
// as it was passed to PutLayout; empty if there is none.
func (s *Shelf) Layout(ctx context.Context, library string) (layout string) {
	if s.db == nil || library == "" {
		return ""
	}
	err := s.db.QueryRowContext(ctx, `SELECT layout FROM layouts WHERE library = ? AND reader = ?`, library, s.reader).Scan(&layout)
	if !errors.Is(err, sql.ErrNoRows) {
		s.lose(err)
	}
	return layout
}

// PutLayout keeps the layout of a library. If it cannot be kept, it will be learned
// again.
func (s *Shelf) PutLayout(ctx context.Context, library, layout string) {
	if s.db == nil || library == "" {
		return
	}
	_, err := s.db.ExecContext(ctx, `INSERT OR REPLACE INTO layouts (library, reader, layout) VALUES (?, ?, ?)`, library, s.reader, layout)
	if s.condemn(err); err != nil && !unusable(err) {
		s.log.Warn("library: the learned layout cannot be stored", "file", s.path, "error", err)
	}
}

// Drop removes files from the shelf of a library.
func (s *Shelf) Drop(library string, names ...string) {
	for _, name := range names {
		s.enter(write{library: library, file: File{Name: name}})
	}
}

// enter queues a write.
func (s *Shelf) enter(w write) {
	if s.db == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.damaged != nil {
		return
	}
	s.queue, s.failed = append(s.queue, w), nil
	s.poke()
}

func (s *Shelf) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run writes what is queued, and then indexes it, until the shelf is closed.
func (s *Shelf) run() {
	defer close(s.ended)
	wrote := false
	for {
		s.mu.Lock()
		due := s.queue[:min(len(s.queue), batch)]
		fill, closed := s.indexing && !s.indexed && s.damaged == nil, s.closed
		s.mu.Unlock()
		var err error
		more := true // more readings may have to be indexed
		switch {
		case len(due) > 0:
			err = writeAll(s.db, s.reader, due)
			wrote = wrote || err == nil
		case closed:
			if wrote {
				if err := tidy(s.db); err != nil {
					s.log.Warn("library: old readings could not be removed", "error", err)
				}
			}
			return
		case fill:
			more, err = indexer{s.db, s.reader, s.log}.fill()
		default:
			<-s.wake
			continue
		}
		if s.after(len(due), more, err); err == nil {
			continue
		}
		if closed {
			return
		}
		select {
		case <-s.wake:
		case <-time.After(retried):
		}
	}
}

// after records the result of writing files or indexing readings, and wakes waiters. It
// logs before it wakes them, so that they find the log complete.
func (s *Shelf) after(files int, more bool, err error) {
	s.condemn(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.idle.Broadcast()
	s.failed = err
	switch {
	case s.damaged != nil:
	case err != nil:
		if err.Error() != s.said {
			s.said = err.Error()
			s.log.Warn("library: what was read cannot be stored or indexed now; retrying every minute", "error", err)
		}
	default:
		s.indexed = !more
		if s.queue = s.queue[files:]; len(s.queue) == 0 {
			s.queue = nil
		}
		if s.caughtUp() && s.said != "" {
			s.said = ""
			s.log.Warn("library: what was read can be stored and indexed again")
		}
	}
}

// writeAll writes files and their readings in one transaction.
func writeAll(db *sql.DB, reader string, due []write) error {
	err := transact(context.Background(), db, func(tx *sql.Tx) error { return writeEach(tx, reader, due) })
	if err != nil {
		return err
	}
	for _, w := range due {
		if w.text != nil {
			w.text.written(w.file.Reading.id)
		}
	}
	return nil
}

// writeEach writes files and their readings.
func writeEach(tx *sql.Tx, reader string, due []write) error {
	today := time.Now().Unix() / (24 * 60 * 60)
	reading, err := tx.Prepare(`INSERT INTO readings (content, file, asked, reader, used, draft, example, title, date, clock, author, source, language, categories, tags, window, page, problems, marks)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content, asked, reader) DO UPDATE SET used = excluded.used RETURNING id`)
	if err != nil {
		return err
	}
	defer func() { _ = reading.Close() }()
	text, err := tx.Prepare(`INSERT OR REPLACE INTO texts (reading, text) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }()
	file, err := tx.Prepare(`INSERT OR REPLACE INTO files (library, name, size, time, reading) VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for _, w := range due {
		r := w.file.Reading
		if r == nil {
			if _, err := tx.Exec(`DELETE FROM files WHERE library = ? AND name = ?`, w.library, w.file.Name); err != nil {
				return err
			}
			continue
		}
		if w.text != nil {
			date, window, page, trouble, c := "", "", "", "", r.Card
			if !c.Date.IsZero() {
				date = c.Date.Format(time.RFC3339Nano)
			}
			if c.Window != nil {
				window = asJSON(c.Window)
			}
			if c.Page != nil {
				page = asJSON(c.Page)
			}
			if len(r.Problems) > 0 {
				trouble = asJSON(r.Problems)
			}
			err := reading.QueryRow(w.content[:], int64(c.Hash), w.asked, reader, today, r.Draft, c.Example, c.Title, date, c.Clock, c.Author, c.Source, c.Language,
				strings.Join(c.Categories, "\n"), strings.Join(c.Tags, "\n"), window, page, trouble, []byte(c.Marks())).Scan(&r.id)
			if err != nil {
				return err
			}
			if _, err := text.Exec(r.id, w.text.packed); err != nil {
				return err
			}
		} else if _, err := tx.Exec(`UPDATE readings SET used = ? WHERE id = ?`, today, r.id); err != nil {
			return err
		}
		if w.library == "" {
			continue
		}
		if _, err := file.Exec(w.library, w.file.Name, w.file.Size, w.file.Time, r.id); err != nil {
			return err
		}
	}
	return nil
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and times can always be encoded
	}
	return string(text)
}

// tidy removes readings that no file has had for some days.
func tidy(db *sql.DB) error {
	today := time.Now().Unix() / (24 * 60 * 60)
	return transact(context.Background(), db, func(tx *sql.Tx) error {
		indexed, err := removeReadings(tx, today-kept)
		if err != nil {
			return err
		}
		for _, first := range indexed {
			if _, err := tx.Exec(`DELETE FROM stories WHERE rowid BETWEEN ? AND ?`, first, first+maxStory); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`DELETE FROM texts WHERE reading NOT IN (SELECT id FROM readings)`)
		return err
	})
}

// removeReadings removes readings that no file has and that were last used before day.
// It returns the first row of each that was indexed.
func removeReadings(tx *sql.Tx, day int64) (indexed []rowID, err error) {
	rows, err := tx.Query(`DELETE FROM readings WHERE used < ? AND id NOT IN (SELECT reading FROM files) RETURNING id, date, indexed`, day)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var (
			id   int64
			date string
			is   bool
		)
		if err := rows.Scan(&id, &date, &is); err != nil {
			return nil, err
		}
		day, err := dateIn(date)
		if err != nil {
			return nil, err
		}
		if is {
			indexed = append(indexed, firstRow(day, id))
		}
	}
	return indexed, rows.Err()
}
