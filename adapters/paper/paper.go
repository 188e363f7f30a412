// Package paper posts to text files: a folder for each channel, and in it a file for
// each message, to be printed, mailed or read in a terminal. It can only post: nobody
// gives commands on paper.
//
// It is the smallest complete adapter, and the one to read before you write another:
// this file has the verbs of chat.Adapter, render.go the layout, and paper_test.go
// hands it to the conformance suite. CONTRIBUTING lists the steps.
//
// It never knows a digest, nor any other platform.
//
// # Why
//
// A post is exactly once because the idempotency key is in the name of its file, and
// because a file appears complete, by renaming, or not at all. So a second Send of a
// key finds the first, however late it comes, and nothing needs to be looked for.
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

// Config is the table [adapters.paper] of config.toml, without which there is no such
// adapter.
type Config struct {
	// Folder is where the folders of the channels are. Without one the adapter is off.
	Folder string `toml:"folder" example:"\"paper\""`
}

// Defaults is the configuration of an adapter that is off.
func Defaults() Config { return Config{} }

// Adapter posts to a folder. It is safe for concurrent use.
type Adapter struct {
	folder string
	off    string
}

var _ chat.Adapter = (*Adapter)(nil)

// Open makes an adapter and no file yet.
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

// Close closes nothing: each file is closed when it is written.
func (a *Adapter) Close() error { return nil }

// Capabilities says that a key posts once, however late its second Send comes.
func (a *Adapter) Capabilities() chat.Capabilities {
	return chat.Capabilities{Off: a.off, DedupWindow: 100 * 365 * 24 * time.Hour}
}

// CheckChannel takes names of folders.
func CheckChannel(id string) error {
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_' && r != '-' }
	if n := utf8.RuneCountInString(id); n == 0 || n > 64 || !utf8.ValidString(id) || strings.ContainsFunc(id, other) {
		return fmt.Errorf("paper channel %q: write 1 to 64 letters, digits, - and _, for example office", id)
	}
	return nil
}

// CheckMention refuses everybody: paper notifies nobody.
func CheckMention(id string) error {
	return fmt.Errorf("paper mention %q: paper notifies nobody: leave it out", id)
}

// Send writes a message into the folder of its channel, numbered behind those that
// are there. The error of a full disk and the like is chat.Retryable, because a file
// that is not complete has no name.
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

// write gives the name of the file that has the key, which it writes if there is none.
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
