package paper

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digestbot/digestbot/adapters/adaptertest"
	"github.com/digestbot/digestbot/bot/chat"
)

func open(t *testing.T, folder string) *Adapter {
	t.Helper()
	a, err := Open(chat.Env{Name: "paper", Folder: t.TempDir()}, Config{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// texts returns the lines of a payload.
func texts(p chat.Payload) (lines []string) {
	_ = json.Unmarshal(p, &lines) // an invalid payload has no lines
	return lines
}

// posted returns the messages of a channel, oldest first.
func posted(t *testing.T, a *Adapter, channel string) (all []chat.Payload) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a.folder, channel, "*")) // sorted by name
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		p, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := json.Marshal(strings.Split(strings.TrimSuffix(string(p), "\n"), "\n"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, lines)
	}
	return all
}

func TestConformance(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Golden: "testdata",
		Texts:  texts,
		Check:  func(chat.Payload) error { return nil },
		Open: func(t *testing.T) adaptertest.Stand {
			a := open(t, "posts")
			return adaptertest.Stand{
				Adapter: a,
				Local:   true,
				Channel: chat.Channel{Adapter: "paper", ID: "office"},
				Missing: chat.Channel{Adapter: "paper", ID: "no/such"},
				Posted:  func() []chat.Payload { return posted(t, a, "office") },
			}
		},
	})
}

// A key is posted once, even if a later Send has another text, and a channel's
// files are in posting order.
func TestSendTwice(t *testing.T) {
	a := open(t, "posts")
	to := chat.Channel{Adapter: "paper", ID: "office"}
	send := func(text, key string) chat.Receipt {
		t.Helper()
		r, err := a.Send(t.Context(), to, chat.Payload(`["`+text+`"]`), chat.Key(key))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := send("first @everyone", "k2-1")
	send("second", "k1-1")
	if again := send("another text", "k2-1"); again != first {
		t.Errorf("sent again it is %v, want %v", again, first)
	}
	var said []string
	for _, p := range posted(t, a, "office") {
		said = append(said, texts(p)...)
	}
	if got, want := strings.Join(said, ", "), "first @everyone, second"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A failed Send is classified and writes no file outside the folder.
func TestSendRefused(t *testing.T) {
	a := open(t, "posts")
	if err := os.WriteFile(filepath.Join(filepath.Dir(a.folder), "taken"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := &Adapter{folder: filepath.Join(filepath.Dir(a.folder), "taken")}
	for _, c := range []struct {
		name    string
		a       *Adapter
		channel string
		payload string
		want    chat.Outcome
	}{
		{"no folder is set", open(t, ""), "office", `["x"]`, chat.RejectedAccount},
		{"up", a, "..", `["x"]`, chat.RejectedChannel},
		{"a path", a, "a/b", `["x"]`, chat.RejectedChannel},
		{"nothing", a, "", `["x"]`, chat.RejectedChannel},
		{"no list of lines", a, "office", `{}`, chat.RejectedPayload},
		{"a file in the way", taken, "office", `["x"]`, chat.Retryable},
	} {
		_, err := c.a.Send(t.Context(), chat.Channel{Adapter: "paper", ID: c.channel}, chat.Payload(c.payload), "k-1")
		if e, ok := errors.AsType[*chat.SendError](err); !ok || e.Outcome != c.want {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if got := posted(t, a, "*"); len(got) > 0 {
		t.Errorf("it wrote %q", got)
	}
}
