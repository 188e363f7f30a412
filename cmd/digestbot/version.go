package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/digestbot/digestbot/digest/zone"
)

// The linker sets these in a build that cannot ask version control, as the Dockerfile does:
// -ldflags "-X main.version=v0.1.0 -X main.commit=… -X main.date=…".
var version, commit, date string

type versionCmd struct{}

// Run prints the version of digestbot and of the time zones.
func (versionCmd) Run(p *program) error {
	p.printVersion()
	return nil
}

// versionFlag is --version, which does the same as the command version.
type versionFlag bool

// BeforeReset prints the version before the rest of the command line is parsed.
func (versionFlag) BeforeReset(app *kong.Kong, p *program) error {
	p.printVersion()
	app.Exit(0)
	return nil
}

func (p *program) printVersion() {
	p.printf("digestbot %s\n", versionText())
	if built := commitText(); built != "" {
		p.printf("commit %s\n", built)
	}
	p.printf("tz database %s\n%s %s/%s\n", zone.Newest(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionText returns the version that was linked in, else the one that the build recorded.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return cmp.Or(version, info.Main.Version, "(unknown)")
}

// commitText returns the commit that was built, with its time; empty if unknown.
func commitText() string {
	known := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			known[s.Key] = s.Value
		}
	}
	text := cmp.Or(commit, known["vcs.revision"])
	if at := cmp.Or(date, known["vcs.time"]); text != "" && at != "" {
		text += " of " + at
	}
	if commit == "" && known["vcs.modified"] == "true" {
		text += ", with changes"
	}
	return text
}
