// Package setup helps people from nothing to the first post: it writes an initial
// config.toml, and lists the steps on a platform. It opens no ledger and posts nothing.
package setup

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Answers are the values of an initial config.toml. It asks for empty ones.
type Answers struct {
	Folder   string // relative to the configuration file, or absolute
	Git      string
	Platform string // one of Platforms
	Channel  string // id
	Time     string // a schedule
	Zone     string
}

// Platforms are the possible values of Platform.
var Platforms = []string{"web", "discord", "slack"}

// Target returns the channel with its platform.
func (a Answers) Target() string { return a.Platform + ":" + a.Channel }

// The default answers.
const (
	defaultPlatform = "web"
	defaultRoom     = "general"
	defaultTime     = "8:30"
)

// Missing names the flags that are required without a terminal; empty if none is missing.
func (a Answers) Missing() string {
	var all []string
	if a.Folder == "" && a.Git == "" {
		all = append(all, "--folder PATH or --git URL")
	}
	if a.Channel == "" && cmp.Or(a.Platform, defaultPlatform) != defaultPlatform {
		all = append(all, "--channel ID")
	}
	if a.Channel == "" && a.Platform == "" && len(all) > 0 {
		all = append(all, "for Discord or Slack --platform NAME and --channel ID")
	}
	return strings.Join(all, ", ")
}

// Init writes an initial config.toml.
type Init struct {
	Answers
	Path  string // of the file
	Kinds []adapters.Kind
	Guess string // the machine's zone; empty if unknown
	// Example creates a missing folder, with a first digest.
	Example bool
	// In is the terminal; nil without one.
	In  *bufio.Scanner
	Say func(format string, args ...any)
	Now time.Time
}

// Run asks for missing answers, writes the file, and says what to do next. It does not
// change an existing file.
func (i *Init) Run() error {
	if _, err := os.Lstat(i.Path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("it already exists, and was not changed: edit it, or write another one with --config FILE")
		}
		return fmt.Errorf("%s: %w", i.Path, err)
	}
	if err := i.ask(); err != nil {
		return err
	}
	made, err := i.prepareFolder()
	if err != nil {
		return err
	}
	text, conf, err := i.render()
	if err != nil {
		return err
	}
	if err := writeNew(i.Path, text); err != nil {
		return err
	}
	if made != "" {
		i.Say("%s is a first digest: edit it, or put your own beside it.\n", made)
	}
	i.Say("%s was written: %s goes to %s, %s (%s).\n", i.Path, cmp.Or(i.Git, i.Folder), i.Target(), i.Time, i.Zone)
	for _, text := range conf.Warnings {
		i.Say("But: %s\n", text)
	}
	i.next()
	return nil
}

// ask fills in the answers, asking for them if there is a terminal.
func (i *Init) ask() error {
	i.Channel = strings.TrimPrefix(i.Channel, i.Platform+":")
	if i.Git == "" {
		place := i.Folder
		err := i.answer(&place, "Where are your digests? A folder, or the https:// URL of a git repository", i.likelyFolder(), func(place string) error {
			i.Folder, i.Git = "", ""
			if strings.Contains(place, "://") {
				i.Git = place
				return i.check()
			}
			i.Folder = i.relative(place)
			return cmp.Or(i.checkFolder(), i.check())
		})
		if err != nil {
			return err
		}
	} else if err := i.check(); err != nil {
		return err
	}
	err := i.answer(&i.Platform, "Where should they be posted? web (a page on this machine), discord or slack", defaultPlatform, func(platform string) error {
		i.Platform = platform
		if !slices.Contains(Platforms, platform) {
			return fmt.Errorf("%q: write web, discord or slack", platform)
		}
		return nil
	})
	if err != nil {
		return err
	}
	question, room := "In which channel?", ""
	switch i.Platform {
	case "web":
		room = defaultRoom
	case "discord":
		question += " Turn Developer Mode on (User Settings, Advanced), right-click the channel, Copy Channel ID"
	case "slack":
		question += " Its ID is at the end of View channel details, for example C0123456789"
	}
	if err := i.answer(&i.Channel, question, room, func(id string) error {
		i.Channel = strings.TrimPrefix(id, i.Platform+":")
		return i.check()
	}); err != nil {
		return err
	}
	if err := i.answer(&i.Time, "When? For example 8:30, or weekdays 8:30", defaultTime, func(schedule string) error {
		i.Time = schedule
		return i.check()
	}); err != nil {
		return err
	}
	return i.answer(&i.Zone, "In which time zone?", cmp.Or(i.Guess, "UTC"), func(name string) error {
		i.Zone = name
		return i.check()
	})
}

// answer checks a given answer, else asks until one is valid. An empty answer means the
// fallback.
func (i *Init) answer(value *string, question, fallback string, check func(string) error) error {
	if *value == "" && i.In == nil {
		*value = fallback
	}
	if *value != "" {
		return check(*value)
	}
	for {
		offer := ""
		if fallback != "" {
			offer = " [" + fallback + "]"
		}
		i.Say("%s%s: ", question, offer)
		if !i.In.Scan() {
			i.Say("\n")
			return fmt.Errorf("%s: nothing was written, because the questions were not answered: answer them, or use the flags that digestbot help init lists", i.Path)
		}
		text := cmp.Or(strings.TrimSpace(i.In.Text()), fallback)
		if text == "" {
			continue
		}
		err := check(text)
		if err == nil {
			*value = text
			return nil
		}
		i.Say("%s\n", err)
	}
}

// likely are the folders in which site generators keep posts.
var likely = []string{"_posts", "content/posts", "content/post", "posts", "digests", "digest"}

// likelyFolder returns an existing folder that may be the library; empty if there is none.
func (i *Init) likelyFolder() string {
	for _, name := range likely {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return name
		}
	}
	return ""
}

// relative converts a typed path, relative to the working directory, to one relative to the
// file.
func (i *Init) relative(place string) string {
	if rest, ok := strings.CutPrefix(place, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			place = filepath.Join(home, rest)
		}
	}
	base := filepath.Dir(i.Path)
	if base == "." || filepath.IsAbs(place) {
		return filepath.ToSlash(filepath.Clean(place))
	}
	from, err := filepath.Abs(base)
	to, err2 := filepath.Abs(place)
	if between, err3 := filepath.Rel(from, to); cmp.Or(err, err2, err3) == nil {
		return filepath.ToSlash(between)
	}
	return filepath.ToSlash(to)
}

// folder returns the path of the library, relative to the working directory.
func (i *Init) folder() string {
	if filepath.IsAbs(i.Folder) {
		return i.Folder
	}
	return filepath.Join(filepath.Dir(i.Path), filepath.FromSlash(i.Folder))
}

// checkFolder checks the library's folder.
func (i *Init) checkFolder() error {
	_, err := os.Stat(i.folder())
	if errors.Is(err, fs.ErrNotExist) {
		if i.Example {
			return nil
		}
		return fmt.Errorf("%s: there is no such folder: name the one that has your digests, or use --example, which creates it with a first digest", i.folder())
	}
	return err
}

// prepareFolder creates the folder with a first digest, if it is missing and Example is
// set. It returns the name of the digest's file.
func (i *Init) prepareFolder() (string, error) {
	folder := i.folder()
	if _, err := os.Stat(folder); i.Git != "" || !errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	name := filepath.Join(folder, i.Now.Format(time.DateOnly)+"-first-digest.md")
	return name, writeNew(name, fmt.Sprintf(firstDigest, i.Now.Format(time.DateOnly)))
}

// firstDigest is the digest that --example writes; its day is filled in.
const firstDigest = `---
title: "The first digest"
date: %s
tags: [digestbot]
---

## Top stories

### Digests are Markdown files

Each heading is a story, and its first sentence is what people see first. Put a new file
beside this one, and it is posted at the next slot.

**Source:** [How files are read](https://github.com/digestbot/digestbot/blob/main/.github/docs/digests.md)
`

//go:embed config.tmpl
var configText string

var configTemplate = template.Must(template.New("config").Funcs(template.FuncMap{"quote": quote}).Parse(configText))

// quote returns a TOML string. TOML can read all strings that JSON writes.
func quote(text string) (string, error) {
	var out strings.Builder
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	err := to.Encode(text)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// render returns the content of the file, and the configuration that digestbot reads from
// it.
func (i *Init) render() (string, *config.Config, error) {
	var out strings.Builder
	if err := configTemplate.Execute(&out, i.Answers); err != nil {
		return "", nil, err
	}
	conf, err := config.Parse(i.Path, []byte(out.String()), i.Kinds)
	return out.String(), conf, err
}

// place matches the beginning of configuration errors, which refers to a file that is not
// written yet.
var place = regexp.MustCompile(`(?m)^.*?:\d+:\d+: (?:library|subscription)\.\w+: `)

// check checks the answers so far.
func (i *Init) check() error {
	soFar := *i
	if soFar.Folder == "" && soFar.Git == "" {
		soFar.Folder = "."
	}
	if soFar.Platform == "" || soFar.Channel == "" {
		soFar.Platform, soFar.Channel = defaultPlatform, defaultRoom
	}
	soFar.Time, soFar.Zone = cmp.Or(soFar.Time, defaultTime), cmp.Or(soFar.Zone, "UTC")
	_, _, err := soFar.render()
	if err == nil {
		return nil
	}
	return errors.New(place.ReplaceAllString(err.Error(), ""))
}

// writeNew writes a file that must not exist yet, even if another process creates it at the
// same time. A partly written file is removed.
func writeNew(name, text string) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if err = cmp.Or(err, f.Close()); err != nil {
		_ = os.Remove(name)
	}
	return err
}

// next says what to do next.
func (i *Init) next() {
	with := ""
	if i.Path != "config.toml" {
		with = " --config " + i.Path
	}
	var steps []string
	switch i.Platform {
	case "discord":
		steps = []string{
			"Create an application at https://discord.com/developers/applications, copy its token (Bot, Reset Token), and: export DISCORD_TOKEN=…",
			"digestbot setup discord" + with + "    prints the link that invites the bot",
		}
	case "slack":
		steps = []string{
			"digestbot setup slack" + with + "    prints the link that creates the app, and says where its tokens are",
			"export SLACK_BOT_TOKEN=… SLACK_APP_TOKEN=…",
		}
	}
	if i.Git == "" {
		steps = append(steps, "digestbot lint "+i.folder()+"    lists the problems in your files")
	}
	steps = append(steps, "digestbot"+with+"    posts on schedule, and the newest digests at once; see http://127.0.0.1:8080")
	i.Say("\nNext:\n")
	for n, step := range steps {
		i.Say("  %d. %s\n", n+1, step)
	}
}
