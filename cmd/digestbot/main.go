// Command digestbot posts tech digests to Discord, Slack and a local page, and
// answers /digest there. It holds the composition root, config.toml and the
// operator's tools; what they do is in the other rooms.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"syscall"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/zone"
)

// version is set by the linker.
var version = ""

func main() {
	saveMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &program{
		kinds: adapters.Kinds, out: os.Stdout, err: os.Stderr, getenv: os.Getenv,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is what the commands run with.
type program struct {
	kinds    []adapters.Kind
	out, err io.Writer
	getenv   func(string) string
}

// cli is the command line.
type cli struct {
	Config  string `default:"config.toml" placeholder:"FILE" help:"The configuration (${default})."`
	State   string `placeholder:"DIR" help:"Keep state here instead of where the configuration says."`
	Library string `placeholder:"PATH" help:"Read digests here instead of where the configuration says."`
	Verbose bool   `short:"v" help:"Log what happens, not only what goes wrong."`

	Serve      serveCmd      `cmd:"" default:"1" help:"Post on schedule and answer commands (what digestbot does by itself)."`
	Show       showCmd       `cmd:"" help:"Print what is read from digests."`
	Lint       lintCmd       `cmd:"" help:"Say what is wrong with digests, and fail if any of it is an error."`
	Layout     layoutCmd     `cmd:"" help:"Print how digests are laid out, as it was learned from them."`
	Preview    previewCmd    `cmd:"" help:"Print the payloads that a platform would get."`
	Send       sendCmd       `cmd:"" help:"Post a digest to a channel now."`
	Slots      slotsCmd      `cmd:"" help:"Tell when the slots of each subscription open."`
	Deliveries deliveriesCmd `cmd:"" help:"List what was delivered where, when and how it ended."`
	Record     recordCmd     `cmd:"" help:"List what admins changed in chat: who, where and when."`
	Backup     backupCmd     `cmd:"" help:"Copy the ledger to a new file, while serve runs or not."`
	Ask        askCmd        `cmd:"" help:"Answer a command in the terminal."`
	Search     searchCmd     `cmd:"" help:"Find stories by their words."`
	Settings   configCmd     `cmd:"" name:"config" help:"Check the configuration, or print it with its defaults."`
	Reload     reloadCmd     `cmd:"" help:"Have the running serve take over the changed configuration."`
	Health     healthCmd     `cmd:"" help:"Tell whether serve is running, by exit code."`
	Version    versionCmd    `cmd:"" help:"Print the version, and that of the tz database."`
}

// errSilent ends a command with an exit code after it has said why itself.
var errSilent = errors.New("failed")

// run runs the command line and returns the exit code: 0, 1 when the command
// failed, 2 when it was not understood.
func run(ctx context.Context, p *program, args []string) int {
	p = &program{kinds: p.kinds, out: p.out, err: guarded{p.err}, getenv: p.getenv}
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("digestbot"),
		kong.Description("Posts tech digests to Discord, Slack and a local page, and answers /digest there."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p, &c),
	)
	if err != nil {
		_, _ = fmt.Fprintln(p.err, "digestbot:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit // help was asked for, and printed
	}
	if err != nil {
		_, _ = fmt.Fprintf(p.err, "digestbot: %s\nRun digestbot --help to see what there is.\n", chat.MaskValue(err.Error()))
		return 2
	}
	switch err := panics.Contain(p.log(&c), "finish this command", func() error { return command.Run() }, "command", command.Command()); {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		return 1
	default:
		_, _ = fmt.Fprintln(p.err, "digestbot:", err)
		return 1
	}
}

// printf writes for people, as seemly says.
func (p *program) printf(format string, args ...any) {
	_, _ = io.WriteString(p.out, seemly(fmt.Sprintf(format, args...)))
}

// seemly is text as a terminal may show it: nothing in it drives the terminal or is
// a secret, whatever people named their files and wrote into them.
func seemly(text string) string { return digest.Escape(chat.Mask(text)) }

// guarded is where errors and the log go; each write is whole lines.
type guarded struct{ io.Writer }

func (g guarded) Write(b []byte) (int, error) {
	if _, err := io.WriteString(g.Writer, seemly(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// json writes for machines, a value a line, with < and & as they are. Text
// that a terminal should not show is escaped as JSON has it, and what looks like a secret
// is masked, as for people.
func (p *program) json() *json.Encoder {
	out := json.NewEncoder(escaped{p.out})
	out.SetEscapeHTML(false)
	return out
}

// escaped is where JSON goes; each write is whole values.
type escaped struct{ io.Writer }

func (e escaped) Write(b []byte) (int, error) {
	var out bytes.Buffer
	for _, r := range string(jsonString.ReplaceAllFunc(b, maskJSON)) {
		if r > unicode.MaxASCII && digest.Unseemly(r) || r == '\x7f' {
			fmt.Fprintf(&out, "\\u%04x", r)
		} else {
			out.WriteRune(r)
		}
	}
	if _, err := e.Writer.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// jsonString is a string as JSON has it.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// maskJSON masks a string of JSON by what it says: masked as it is written, it could
// lose a backslash.
func maskJSON(literal []byte) []byte {
	var text string
	if json.Unmarshal(literal, &text) != nil || chat.Mask(text) == text {
		return literal
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if to.Encode(chat.Mask(text)) != nil {
		return literal
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// log writes what goes wrong, and with --verbose what happens.
func (p *program) log(c *cli) *slog.Logger {
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: level}))
}

// config reads config.toml and applies the flags that stand over it.
func (p *program) config(c *cli) (*config.Config, error) {
	conf, err := config.Read(c.Config, p.kinds)
	if err != nil {
		return nil, err
	}
	if c.State != "" {
		conf.State = c.State
	}
	if c.Library != "" {
		l := conf.Libraries[0]
		l.Path, l.Git, l.SiteFile = c.Library, nil, ""
		conf.Libraries = []config.Library{l}
	}
	for _, text := range conf.Warnings {
		p.log(c).Warn("a setting may not mean what its writer thinks", "setting", text)
	}
	return conf, nil
}

// configIfAny is the configuration for a command that does without one: nil if there
// is no file of it, or a broken one, which the log says.
func (p *program) configIfAny(c *cli) *config.Config {
	if _, err := os.Stat(c.Config); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	conf, err := p.config(c)
	if err != nil {
		p.log(c).Warn("the configuration is broken, so files are read as if in no library", "error", err)
		return nil
	}
	return conf
}

// libraries are those of the configuration; of none, if conf is nil.
func (p *program) libraries(conf *config.Config, log *slog.Logger) libraries.Libraries {
	return libraries.Libraries{Config: conf, Program: versionText(), Getenv: p.getenv, Log: log}
}

type versionCmd struct{}

// Run prints the version, and that of the time zones.
func (versionCmd) Run(p *program) error {
	p.printf("digestbot %s\ntz database %s\n", versionText(), zone.Newest())
	return nil
}

// versionText is the version that was linked in, else what the build knows.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
