// Command digestbot posts tech digests to Discord, Slack and a local page, and answers
// /digest there. It contains the composition root, config.toml and the operator's tools;
// the other packages do the work.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/panics"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/house"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/libraries"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/output"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/shell"
)

func main() {
	saveMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &program{
		kinds: adapters.Kinds, in: terminal(os.Stdin), out: os.Stdout, err: os.Stderr, getenv: os.Getenv, terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// terminal returns f if it is a terminal, else nil.
func terminal(f *os.File) io.Reader {
	if term.IsTerminal(int(f.Fd())) || isatty.IsCygwinTerminal(f.Fd()) {
		return f
	}
	return nil
}

// program is the environment of the commands.
type program struct {
	kinds    []adapters.Kind
	in       io.Reader // the terminal's input; nil without a terminal
	out, err io.Writer
	getenv   func(string) string
	terminal bool // whether err is a terminal
}

// cli is the command line.
type cli struct {
	Config  string `default:"config.toml" placeholder:"FILE" help:"The configuration (${default})."`
	State   string `name:"state-dir" placeholder:"DIR" help:"Keep the state in this folder instead of the configured one."`
	Library string `placeholder:"PATH" help:"Read digests from this path instead of the configured one."`

	LogFormat string `enum:",text,json" default:"" placeholder:"FORMAT" help:"Write the log as text or json. By default, serve writes json unless it is started in a terminal."`
	LogLevel  string `enum:",debug,info,warn,error" default:"" placeholder:"LEVEL" help:"The lowest level to log: debug, info, warn or error. The default is info for serve, else warn."`

	ShowVersion versionFlag `name:"version" help:"Print the version and exit."`

	Serve      serveCmd      `cmd:"" default:"1" help:"Post on schedule and answer commands (the default command)." example:"digestbot serve --config /etc/digestbot/config.toml --state-dir /var/lib/digestbot"`
	Init       initCmd       `cmd:"" help:"Write an initial config.toml, after a few questions or from flags." example:"digestbot init --folder _posts --platform discord --channel 123456789012345678 --time 'weekdays 8:30'" refuses:"state-dir,library,log-format,log-level"`
	Setup      setupCmd      `cmd:"" help:"Explain how to set up a platform." example:"digestbot setup discord" refuses:"state-dir,library"`
	Show       showCmd       `cmd:"" help:"Print what is read from digests." example:"digestbot show --why _posts/2026-11-23-tech.md" refuses:"library"`
	Lint       lintCmd       `cmd:"" help:"Report problems in digests, and fail if any is an error." example:"digestbot lint _posts" refuses:"library"`
	Layout     layoutCmd     `cmd:"" help:"Print the layout that was learned from digests." example:"digestbot layout _posts"`
	Preview    previewCmd    `cmd:"" help:"Print the payloads that a platform would get." example:"digestbot preview --open _posts/2026-11-23-tech.md" refuses:"library"`
	Send       sendCmd       `cmd:"" help:"Post a digest to a channel now." example:"digestbot send --to discord:123456789012345678 2026-11-23-tech"`
	Slots      slotsCmd      `cmd:"" help:"Show when the slots of each subscription open." example:"digestbot slots --days 14" refuses:"library"`
	Deliveries deliveriesCmd `cmd:"" help:"List deliveries: what, where, when and with which result." example:"digestbot deliveries" refuses:"library"`
	Record     recordCmd     `cmd:"" help:"List what admins changed in chat and on the operator page: who, where and when." example:"digestbot record --limit 10" refuses:"library"`
	Backup     backupCmd     `cmd:"" help:"Copy the ledger to a new file, whether or not serve is running." example:"digestbot backup /backup/digestbot-2026-11-23.db" refuses:"library"`
	Migrate    migrateCmd    `cmd:"" help:"Migrate the database of several replicas to the newest format, as serve does when it starts." example:"digestbot migrate --config /etc/digestbot/config.toml" refuses:"state-dir,library"`
	CopyState  copyStateCmd  `cmd:"" name:"copy-state" help:"Copy the ledger from its file to a database, and retire the file." example:"digestbot copy-state --from var/digestbot.db --to postgres://digestbot@db.example.org/digestbot" refuses:"library"`
	Ask        askCmd        `cmd:"" help:"Answer a command in the terminal." example:"digestbot ask '/digest tag AI'"`
	Search     searchCmd     `cmd:"" help:"Find stories by their words." example:"digestbot search --rank PostgreSQL"`
	Settings   configCmd     `cmd:"" name:"config" help:"Check the configuration, or print it with its defaults." example:"digestbot config check" refuses:"library"`
	Reload     reloadCmd     `cmd:"" help:"Have the running serve load the changed configuration." example:"digestbot reload" refuses:"library"`
	Doctor     doctorCmd     `cmd:"" help:"Find what keeps digests from being delivered, and say how to fix it." example:"digestbot doctor --config /etc/digestbot/config.toml"`
	Health     healthCmd     `cmd:"" help:"Report whether serve can do its work, and if not, why; the exit code says the same." example:"digestbot health --config /etc/digestbot/config.toml" refuses:"library"`
	Completion completionCmd `cmd:"" help:"Print a completion script for a shell." example:"source <(digestbot completion bash)" refuses:"config,state-dir,library,log-format,log-level"`
	Man        manCmd        `cmd:"" help:"Print the manual page." example:"digestbot man | man -l -" refuses:"config,state-dir,library,log-format,log-level"`
	Help       helpCmd       `cmd:"" help:"List the commands, or print the flags of one." example:"digestbot help deliveries release" refuses:"config,state-dir,library,log-format,log-level"`
	Version    versionCmd    `cmd:"" help:"Print the version, its commit, and the version of the tz database." example:"digestbot version" refuses:"config,state-dir,library,log-format,log-level"`
	Complete   completeCmd   `cmd:"" name:"__complete" hidden:"" refuses:"config,state-dir,library,log-format,log-level"`
}

// errSilent makes a command exit with 1 after it has printed the reason itself.
var errSilent = errors.New("failed")

// errMisunderstood makes a command exit with 2, because its command line was not
// understood.
var errMisunderstood = errors.New("not understood")

// run runs the command line and returns the exit code: 0, 1 when the command
// failed, 2 when it was not understood.
func run(ctx context.Context, p *program, args []string) int {
	p = &program{kinds: p.kinds, in: p.in, out: p.out, err: output.Text{Writer: p.err}, getenv: p.getenv, terminal: p.terminal}
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("digestbot"),
		kong.Description("Posts tech digests to Discord, Slack and a local page, and answers /digest there."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { exit = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Help(shell.Help),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p, &c),
	)
	if err != nil {
		_, _ = fmt.Fprintln(p.err, "digestbot:", err)
		return 2
	}
	shell.Prepare(parser.Model)
	parser.Model.Detail = "For example, to see a folder of digests in the web room:\n\n    digestbot --library path/to/_posts"
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit // help or the version was asked for, and printed
	}
	if err == nil {
		if flag := shell.Refused(command); flag != "" {
			err = fmt.Errorf("%s has no effect on %s", flag, command.Selected().FullPath())
		}
	}
	if err != nil {
		_, _ = fmt.Fprintf(p.err, "digestbot: %s\nRun digestbot --help for a list of commands.\n", chat.MaskValue(err.Error()))
		return 2
	}
	switch err := panics.Contain(p.log(&c), "finish this command", func() error { return command.Run() }, "command", command.Command()); {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		return 1
	case errors.Is(err, errMisunderstood):
		return 2
	case c.LogFormat == "json":
		for line := range strings.Lines(err.Error()) {
			p.log(&c).Error("digestbot: cannot go on", "error", strings.TrimSpace(line))
		}
		return 1
	default:
		_, _ = fmt.Fprintln(p.err, "digestbot:", err)
		return 1
	}
}

// printf writes text for people.
func (p *program) printf(format string, args ...any) {
	_, _ = io.WriteString(p.out, output.Seemly(fmt.Sprintf(format, args...)))
}

// json writes JSON, one value per line, without escaping < and &.
func (p *program) json() *json.Encoder {
	out := json.NewEncoder(output.JSON{Writer: p.out})
	out.SetEscapeHTML(false)
	return out
}

// log returns the logger that the command line asks for: by default warnings and errors,
// for people. Only serve has other defaults.
func (p *program) log(c *cli) *slog.Logger {
	level := slog.LevelWarn
	if c.LogLevel != "" {
		_ = level.UnmarshalText([]byte(c.LogLevel)) // the parser takes nothing else
	}
	return output.NewLog(p.bareErr(), c.LogFormat, level)
}

// bareErr returns the error output without the cleaning of text for people, which a log
// does itself.
func (p *program) bareErr() io.Writer {
	if text, ok := p.err.(output.Text); ok {
		return text.Writer
	}
	return p.err
}

// config reads config.toml and applies the flags that override it.
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
		p.log(c).Warn("config: a setting may not have the intended effect", "setting", text)
	}
	return conf, nil
}

// configIfAny returns the configuration for a command that can do without one: nil if the
// file does not exist or is broken. A broken one is logged.
func (p *program) configIfAny(c *cli) *config.Config {
	if _, err := os.Stat(c.Config); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	conf, err := p.config(c)
	if err != nil {
		p.log(c).Warn("config: the configuration is broken, so files are read as if they were in no library", "error", err)
		return nil
	}
	return conf
}

// outside returns what package house needs from the program.
func (p *program) outside(c *cli) house.Outside {
	return house.Outside{Version: versionText(), Getenv: p.getenv, Log: p.log(c), While: p.while}
}

// libraries returns the libraries of the configuration; none, if conf is nil.
func (p *program) libraries(conf *config.Config, c *cli) libraries.Libraries {
	return p.outside(c).Libraries(conf)
}
