package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/digestbot/digestbot/digest/owner"
)

// Backup writes a consistent copy of the ledger to a new file, while others read and write;
// only the owner of the ledger's folder can read it. If Backup returns no error, the copy is
// complete: it was checked and would survive a power cut. When it is put in the ledger's
// place, it knows that it may be behind.
func (l *database) Backup(ctx context.Context, to string) (err error) {
	to, err = filepath.Abs(to)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	// Creating the file first ensures that no existing file is overwritten.
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("backup %s: the file already exists; name another", to)
	}
	if err != nil {
		return fmt.Errorf("backup: the file cannot be created, is the folder there and writable? %w", err)
	}
	if err = errors.Join(file.Close(), duplicate(ctx, l.path, to, `UPDATE mark SET copied = 1`)); err != nil {
		return fmt.Errorf("backup %s: %w", to, errors.Join(err, os.Remove(to)))
	}
	return nil
}

// Check reads the whole file for damage, while others read and write.
func (l *database) Check(ctx context.Context) error {
	if err := whole(ctx, l.read); err != nil {
		return l.wrap(err)
	}
	// SQLite accepts the text that describes the tables without checking it.
	is, err := shape(ctx, l.read)
	if err != nil {
		return l.wrap(err)
	}
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return l.wrap(err)
	}
	defer func() { _ = fresh.Close() }()
	fresh.SetMaxOpenConns(1) // another connection would have its own memory
	if _, err := fresh.ExecContext(ctx, schema); err != nil {
		return l.wrap(err)
	}
	if should, err := shape(ctx, fresh); err != nil || is != should {
		return l.wrap(errors.Join(errors.New(damaged+": its tables are not those of a ledger"), err))
	}
	return nil
}

// shape lists the tables of a database and their columns.
func shape(ctx context.Context, db *sql.DB) (text string, err error) {
	err = db.QueryRowContext(ctx, `SELECT group_concat(t.name || ' ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk, ';' ORDER BY t.name, c.cid)
		FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`).Scan(&text)
	return text, err
}

// duplicate writes a copy of the file at path over the one at to, once the copy is complete
// and checked. It runs the statements of finish in the copy first.
func duplicate(ctx context.Context, path, to, finish string) (err error) {
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // left by an interrupted copy
	}
	made, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part) // the first error is returned
		}
	}()
	// Whoever owns the ledger can use the copy, and nobody else can read it.
	owner.Give(made, filepath.Dir(path))
	if err := made.Close(); err != nil {
		return err
	}
	from, err := sql.Open("sqlite", address(path, busySetting))
	if err != nil {
		return err
	}
	_, err = from.ExecContext(ctx, "VACUUM INTO ?", part)
	if err = errors.Join(err, from.Close()); err != nil {
		return inWords(err)
	}
	if err := finishCopy(ctx, part, finish); err != nil {
		return inWords(err)
	}
	file, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	if folder, err := os.Open(filepath.Dir(to)); err == nil {
		_ = folder.Sync() // not every system can, or needs to
		_ = folder.Close()
	}
	return nil
}

// finishCopy runs the statements of finish in a copy and reads all of it to detect damage.
func finishCopy(ctx context.Context, path, finish string) error {
	db, err := sql.Open("sqlite", address(path, busySetting))
	if err != nil {
		return err
	}
	if finish != "" {
		_, err = db.ExecContext(ctx, finish)
	}
	if err == nil {
		err = whole(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// whole reads all of a database to detect damage.
func whole(ctx context.Context, db *sql.DB) error {
	var found string
	err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found)
	if err == nil && found != "ok" {
		err = fmt.Errorf("%s: %s", damaged, found)
	}
	return err
}
