package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/digest/owner"
)

// mark is a small file beside the ledger. It says which ledger is there and how many
// commits it has had, so that a missing ledger, a different one and an older state of it
// can be recognised. It is written after each commit and not synced: after a power cut it
// may lag, and then it detects less, but it is never ahead of a ledger that has lost
// nothing.
type mark struct {
	file    *os.File // nil if there is none
	id      string   // empty if nothing is known
	commits int64
}

// markSuffix is appended to the name of the ledger for the name of its mark.
const markSuffix = ".mark"

// MovedSuffix is appended to the name of a ledger that was copied to a database, so that no
// process delivers from it any more.
const MovedSuffix = ".moved"

// idLength is the length of a ledger's id.
const idLength = 16

// markNote follows the mark's first line, as an explanation for people.
const markNote = `
This file tells digestbot which ledger stands beside it and how much was written
there, so that a lost or an older ledger is noticed and nothing is posted twice.
`

// readMark reads the mark of the ledger at path.
func readMark(path string) (mark, error) {
	file, err := os.OpenFile(path+markSuffix, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return mark{}, nil
	}
	if err != nil {
		return mark{}, fmt.Errorf("the mark beside the file cannot be read and written; %s: %w", allow, err)
	}
	text, err := io.ReadAll(file)
	m, err := parseMark(path, text, err)
	if err != nil {
		_ = file.Close() // opened for reading
		return mark{}, err
	}
	m.file = file
	return m, nil
}

// parseMark parses the text of the mark of the ledger at path; err is the error of reading
// it.
func parseMark(path string, text []byte, err error) (m mark, _ error) {
	if err == nil && len(text) > 0 { // it is empty if its creation was interrupted
		_, err = fmt.Sscanf(string(text), "%s %d\n", &m.id, &m.commits)
	}
	if err != nil || len(text) > 0 && len(m.id) != idLength {
		return mark{}, fmt.Errorf("%s beside the file is damaged: if the file is the right ledger, remove that mark", filepath.Base(path)+markSuffix)
	}
	return m, nil
}

// create creates the file, if it is missing or empty.
func (m *mark) create(path string) (err error) {
	if m.file == nil {
		if m.file, err = owner.OpenFile(path+markSuffix, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return fmt.Errorf("the mark beside the file cannot be created, or its folder cannot be written; %s: %w", allow, err)
		}
	}
	_, err = m.file.WriteAt([]byte(m.line()+markNote), 0)
	return err
}

// note writes the current number of commits.
func (m *mark) note(commits int64) {
	m.commits = commits
	if m.file != nil {
		_, _ = m.file.WriteAt([]byte(m.line()), 0) // a mark that lags detects less
	}
}

// line returns the mark's first line, which always has the same length.
func (m *mark) line() string { return fmt.Sprintf("%s %020d\n", m.id, m.commits) }

func (m *mark) close() error {
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}

// gone is the error if there is a mark but no ledger.
func gone(path string) error {
	if _, err := os.Stat(path + MovedSuffix); err == nil {
		return fmt.Errorf("it was copied to a database, which knows what was posted since: name that as url or url_file in [state]; what is left of it is %s", filepath.Base(path)+MovedSuffix)
	}
	return fmt.Errorf("the file is gone or empty, although there was a ledger: put it or its newest backup back; to begin anew, as if nothing had been posted, remove %s too",
		filepath.Base(path)+markSuffix)
}

// recognise compares the ledger with the mark that was found beside it, and creates a mark
// if there was none.
func (l *database) recognise(found mark) error {
	l.mark = found
	err := l.update(context.Background(), func(p *pen) error {
		var commits int64
		var copied bool
		if err := p.row([]any{&l.mark.id, &commits, &copied, &l.behind}, `SELECT id, commits, copied, behind FROM mark`); err != nil {
			if explain(err) == "" { // the row is missing or invalid
				err = fmt.Errorf("%s: %w", damaged, err)
			}
			return err
		}
		if found.id != "" && found.id != l.mark.id {
			return anotherLedger(l.path)
		}
		older := commits < found.commits
		if older || copied && commits != found.commits {
			l.behind = true
		}
		l.mark.commits = max(commits, found.commits)
		if !older && !copied {
			return nil
		}
		_, err := p.exec(`UPDATE mark SET commits = ?, copied = 0, behind = ?`, l.mark.commits, l.behind)
		return err
	})
	if err != nil || found.id != "" {
		return err
	}
	return l.mark.create(l.path)
}

// Recognised compares the ledger with its mark without changing either. The error says that
// it is a different ledger than before; behind is the result of Behind.
func (l *database) Recognised(ctx context.Context) (behind bool, err error) {
	// The mark is written after each commit, so it is read before the ledger.
	text, err := os.ReadFile(l.path + markSuffix)
	if errors.Is(err, os.ErrNotExist) {
		text, err = nil, nil
	}
	known, err := parseMark(l.path, text, err)
	if err != nil {
		return false, l.wrap(err)
	}
	var id string
	var commits int64
	var copied bool
	if err := l.read.QueryRowContext(ctx, `SELECT id, commits, copied, behind FROM mark`).Scan(&id, &commits, &copied, &behind); err != nil {
		return false, l.wrap(err)
	}
	if known.id != "" && known.id != id {
		return false, l.wrap(anotherLedger(l.path))
	}
	return behind || commits < known.commits || copied && commits != known.commits, nil
}

func anotherLedger(path string) error {
	return fmt.Errorf("it is not the ledger that was here before: put that one or its newest backup back; to go on with this one, remove %s",
		filepath.Base(path)+markSuffix)
}

// Behind reports whether the file may be older than the one that was here before: a
// restored backup, or a file that has lost its last commits. A digest that it does not know
// may have been posted nevertheless.
func (l *database) Behind() bool { return l.behind }

// CaughtUp records that nothing more will be posted because the file was behind.
func (l *database) CaughtUp(ctx context.Context) error {
	err := l.update(ctx, func(p *pen) error {
		_, err := p.exec(`UPDATE mark SET behind = 0`)
		return err
	})
	if err == nil {
		l.behind = false
	}
	return l.wrap(err)
}
