package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
)

// hostile are titles as people write them, or as attackers write them to mislead the reader
// of a log.
var hostile = []string{
	"@everyone <!channel> <b>", "two\nlines level=ERROR msg=forged", "\x1b[2J\x1b[31mred", "back\rover", "\u202edm.exe", "c1\u009b31m", "line\u2028end", "\xff\xfe",
	"晨报 👩‍👩‍👧 שלום", `"quoted" \ and {"json":1}`, strings.Repeat("long ", 60), "xoxb-1234567890-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx", "",
}

// In both formats, each record is one line without control sequences and secrets; JSON
// keeps everything else unchanged.
func TestLogOfHostileTitles(t *testing.T) {
	for _, title := range hostile {
		for _, format := range []string{output.TextFormat, output.JSONFormat} {
			var out bytes.Buffer
			log := output.NewLog(&out, format, slog.LevelInfo)
			log.Debug("deliver: too little", "title", title)
			log.With("adapter", title).WithGroup("of").Info("deliver: posted", "title", title, "after_slot", 1500*time.Millisecond, "error", errors.New(title))
			got := out.String()
			if strings.Count(got, "\n") != 1 || !strings.HasSuffix(got, "\n") || !utf8.ValidString(got) ||
				strings.ContainsAny(got, "\x1b\r\u202e\u009b\u2028\x7f") || strings.Contains(got, "xoxb-") {
				t.Errorf("%s of %q: %q", format, title, got)
			}
			if format == output.TextFormat {
				if !strings.Contains(got, " INFO  deliver: posted adapter=") || !strings.Contains(got, " of.after_slot=1.5s ") {
					t.Errorf("%q", got)
				}
				continue
			}
			var record struct {
				Level, Msg, Adapter string
				Of                  struct {
					Title string
					After string `json:"after_slot"`
				}
			}
			if err := json.Unmarshal([]byte(got), &record); err != nil || record.Level != "INFO" || record.Msg != "deliver: posted" || record.Of.After != "1.5s" {
				t.Errorf("%q: %+v, %v", got, record, err)
			}
			if utf8.ValidString(title) && !strings.HasPrefix(title, "xoxb") && (record.Of.Title != title || record.Adapter != title) {
				t.Errorf("JSON says %q, want %q", record.Of.Title, title)
			}
		}
	}
}

// A log to a file or a pipe is JSON.
func TestFormatFor(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if got := output.FormatFor(file); got != output.JSONFormat {
		t.Errorf("a file gets %s", got)
	}
	if got := output.FormatFor(&bytes.Buffer{}); got != output.JSONFormat {
		t.Errorf("a buffer gets %s", got)
	}
}
