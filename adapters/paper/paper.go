// Package paper posts to text files: one folder per channel and one file per message,
// to be printed, mailed or read in a terminal. It can only post: there is no way to
// give commands on paper.
//
// It is the smallest complete adapter, and the one to read before writing another:
// this file has the methods of chat.Adapter, render.go has the layout, and
// paper_test.go runs the conformance suite. CONTRIBUTING lists the steps.
//
// It never knows a digest or any other platform.
//
// # Why
//
// A message is posted exactly once because its idempotency key is in the file name,
// and because a file is created by renaming: it appears complete or not at all. A
// second Send with the same key finds the first file, however late it comes, so no
// separate lookup is needed.
package paper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// Config is the table [adapters.paper] of config.toml. Without that table there is no
// paper adapter.
type Config struct {
	// Folder contains the folders of the channels. If it is empty, the adapter is off.
	Folder string `toml:"folder" example:"\"paper\""`
}

// Defaults returns the configuration of an adapter that is off.
func Defaults() Config { return Config{} }

// Adapter posts to a folder. It is safe for concurrent use.
type Adapter struct {
	folder string
	off    string
}

var _ chat.Adapter = (*Adapter)(nil)

// Open returns an adapter. It creates no files yet.
func Open(env chat.Env, c Config) (*Adapter, error) {
	a := &Adapter{folder: c.Folder}
	switch {
	case c.Folder == "":
		a.off = "it has no folder: set folder"
	case !filepath.IsAbs(c.Folder):
		a.folder = filepath.Join(env.Folder, c.Folder)
	}
	return a, nil
}

// Close does nothing: each file is closed as soon as it is written.
func (a *Adapter) Close() error { return nil }

// Capabilities promises that a key is posted once, however late its second Send comes.
func (a *Adapter) Capabilities() chat.Capabilities {
	return chat.Capabilities{Off: a.off, DedupWindow: 100 * 365 * 24 * time.Hour}
}

// CheckChannel accepts names of folders.
func CheckChannel(id string) error {
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && r != '-' }
	if n := utf8.RuneCountInString(id); n == 0 || n > 64 || !utf8.ValidString(id) || strings.ContainsFunc(id, other) {
		return fmt.Errorf("paper channel %q: write 1 to 64 letters, digits, - and _, for example office", id)
	}
	return nil
}

// CheckMention rejects every id: paper notifies nobody.
func CheckMention(id string) error {
	return fmt.Errorf("paper mention %q: paper notifies nobody: leave it out", id)
}

// Send writes a message into its channel's folder, numbered after the files already
// there. An error such as a full disk is chat.Retryable, because an incomplete file
// has no name yet.
func (a *Adapter) Send(ctx context.Context, to chat.Channel, p chat.Payload, key chat.Key) (chat.Receipt, error) {
	switch {
	case ctx.Err() != nil:
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, Err: ctx.Err()}
	case a.off != "":
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedAccount, Err: errors.New("paper: " + a.off)}
	case CheckChannel(to.ID) != nil:
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: CheckChannel(to.ID)}
	}
	text, err := written(p)
	if err != nil {
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedPayload, Err: err}
	}
	name, err := write(filepath.Join(a.folder, to.ID), text, key)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return chat.Receipt{}, &chat.SendError{Outcome: chat.RejectedChannel, Err: fmt.Errorf("paper: %w", err)}
	case err != nil:
		return chat.Receipt{}, &chat.SendError{Outcome: chat.Retryable, Err: fmt.Errorf("paper: %w", err)}
	}
	return chat.Receipt{Channel: to, ID: name}, nil
}

// write returns the name of the file with the key, and writes the file if it does not
// exist.
func write(folder, text string, key chat.Key) (name string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	number := 1
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "-"+string(key)+".txt") {
			return f.Name(), nil
		}
		var n int
		if _, err := fmt.Sscanf(f.Name(), "%d-", &n); err == nil {
			number = max(number, n+1)
		}
	}
	draft, err := os.CreateTemp(folder, ".draft-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(text)
	err = errors.Join(err, draft.Chmod(0o644), draft.Sync(), draft.Close())
	if err != nil {
		return "", err
	}
	name = fmt.Sprintf("%06d-%s.txt", number, key)
	return name, os.Rename(draft.Name(), filepath.Join(folder, name))
}
