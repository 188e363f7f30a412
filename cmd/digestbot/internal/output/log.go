package output

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/term"
)

// The formats of a log.
const (
	TextFormat = "text" // for people, one line per record: time, level, message, attributes
	JSONFormat = "json" // for programs, one object per line
)

// FormatFor returns the default format of a log: text on a terminal, JSON elsewhere.
func FormatFor(w io.Writer) string {
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return TextFormat
	}
	return JSONFormat
}

// NewLog returns a logger for records of at least a level, in a format.
func NewLog(w io.Writer, format string, least slog.Level) *slog.Logger {
	if format == JSONFormat {
		return slog.New(slog.NewJSONHandler(JSON{w}, &slog.HandlerOptions{Level: least, ReplaceAttr: legible}))
	}
	buffer := &bytes.Buffer{}
	attributes := slog.NewTextHandler(buffer, &slog.HandlerOptions{Level: least, ReplaceAttr: attributesOnly})
	return slog.New(&lines{mu: &sync.Mutex{}, to: Text{w}, buffer: buffer, attributes: attributes})
}

// legible writes a duration as 1.5s, which both people and LogQL can read, instead of
// nanoseconds.
func legible(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// attributesOnly leaves out the beginning of a line.
func attributesOnly(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// lines is a slog.Handler that begins each line with time, level and message without keys,
// followed by the attributes as slog.TextHandler writes them.
type lines struct {
	mu         *sync.Mutex // of the buffer
	to         io.Writer
	buffer     *bytes.Buffer
	attributes slog.Handler // writes into the buffer
}

// clock is the format of local times in lines.
const clock = "2006-01-02 15:04:05"

func (l *lines) Enabled(ctx context.Context, level slog.Level) bool {
	return l.attributes.Enabled(ctx, level)
}

func (l *lines) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buffer.Reset()
	fmt.Fprintf(l.buffer, "%s %-5s %s ", r.Time.Format(clock), r.Level, r.Message)
	if err := l.attributes.Handle(ctx, r); err != nil {
		return err
	}
	line := append(bytes.TrimRight(l.buffer.Bytes(), " \n"), '\n')
	_, err := l.to.Write(line)
	return err
}

func (l *lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return l.with(l.attributes.WithAttrs(attrs))
}

func (l *lines) WithGroup(name string) slog.Handler { return l.with(l.attributes.WithGroup(name)) }

func (l *lines) with(attributes slog.Handler) slog.Handler {
	return &lines{mu: l.mu, to: l.to, buffer: l.buffer, attributes: attributes}
}
