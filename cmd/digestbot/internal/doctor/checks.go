package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/ledger/sqlite"
	"github.com/digestbot/digestbot/bot/subscription"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/source"
	"github.com/digestbot/digestbot/digest/zone"
)

func fine(subject, format string, args ...any) chat.Finding {
	return chat.Finding{State: chat.Fine, Subject: subject, Text: fmt.Sprintf(format, args...)}
}

func unseen(subject, format string, args ...any) chat.Finding {
	return chat.Finding{State: chat.Unseen, Subject: subject, Text: fmt.Sprintf(format, args...)}
}

func risky(subject, fix, format string, args ...any) chat.Finding {
	return chat.Finding{State: chat.Risky, Subject: subject, Text: fmt.Sprintf(format, args...), Fix: fix}
}

func failed(subject, fix, format string, args ...any) chat.Finding {
	return chat.Finding{State: chat.Failed, Subject: subject, Text: fmt.Sprintf(format, args...), Fix: fix}
}

// Broken returns the mistakes of a configuration that cannot be used; err has one on each
// line.
func Broken(err error) (found []chat.Finding) {
	for text := range strings.Lines(err.Error()) {
		found = append(found, failed("configuration", "correct the line and run this again", "%s", strings.TrimSpace(text)))
	}
	return append(found, unseen("everything else", "it needs the configuration"))
}

// Configuration returns the settings that may not have the intended effect.
func Configuration(path string, conf *config.Config) (found []chat.Finding) {
	for _, text := range conf.Warnings {
		found = append(found, risky("configuration", "check that line, and correct it", "%s", text))
	}
	if len(found) == 0 {
		found = append(found, fine("configuration", "%s has no mistake", path))
	}
	return found
}

// Limits of free space: below the first a warning, below the second nothing can be
// delivered.
const (
	littleSpace = 512 << 20
	hardlyAny   = 32 << 20
)

// State checks the state folder. It writes nothing.
func State(conf *config.Config) (found []chat.Finding) {
	const subject = "state"
	folder := conf.State
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		found = append(found, unseen(subject, "there is no folder %s yet: digestbot serve creates it", folder))
		for errors.Is(err, fs.ErrNotExist) && folder != filepath.Dir(folder) {
			folder = filepath.Dir(folder)
			_, err = os.Stat(folder)
		}
	case err != nil:
		return append(found, failed(subject, "give the user of digestbot read access", "%v", err))
	case !info.IsDir():
		return append(found, failed(subject, "name a folder in state", "%s is not a folder", folder))
	}
	if err := mayWrite(folder); err != nil {
		found = append(found, failed(subject, "let the user of digestbot write there (chown, a volume that is not read-only), or name another folder in state", "%s cannot be written: %v", folder, err))
	} else if len(found) == 0 {
		found = append(found, fine(subject, "%s can be written", folder))
	}
	if file := conf.LedgerFile(); sqlite.Exists(file) && mayWrite(file) != nil && mayWrite(folder) == nil {
		found = append(found, failed(subject, "let the user of digestbot write it (chown)", "%s cannot be written: %v", file, mayWrite(file)))
	}
	if free, ok := freeSpace(folder); ok {
		fix := "free some space on the disk of " + folder
		switch text := fmt.Sprintf("%d MB are free", free>>20); {
		case free < hardlyAny:
			found = append(found, failed("space", fix, "%s", text))
		case free < littleSpace:
			found = append(found, risky("space", fix, "%s", text))
		default:
			found = append(found, fine("space", "%s", text))
		}
	}
	for _, file := range Open(conf.State) {
		found = append(found, risky("mode of "+file.Name, "run chmod go-w on it", "others can write to it (%#o), who could change what the bot knows and posts", file.Mode))
	}
	return found
}

// OpenFile is a file that other users can write.
type OpenFile struct {
	Name string
	Mode fs.FileMode
}

// Open returns the state folder and those of its files that other users can write.
func Open(state string) (all []OpenFile) {
	if runtime.GOOS == "windows" { // there, mode bits mean nothing
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(state, "*"))
	for _, name := range append([]string{state}, files...) {
		info, err := os.Stat(name)
		if err == nil && info.Mode().Perm()&0o022 != 0 && (name == state || info.Mode().IsRegular()) {
			all = append(all, OpenFile{name, info.Mode().Perm()})
		}
	}
	return all
}

// Checked is a ledger that can tell, without changing anything, whether it is the one used
// last, whether it is behind it, and whether it is damaged.
type Checked interface {
	Recognised(ctx context.Context) (behind bool, err error)
	Check(ctx context.Context) error
}

// Ledger checks a ledger that was opened for reading, or that could not be opened; l is nil
// without an error if there is none.
func Ledger(ctx context.Context, conf *config.Config, l Checked, err error) chat.Finding {
	const subject = "ledger"
	switch {
	case errors.Is(err, sqlite.ErrOlder):
		return risky(subject, "make a backup, then start digestbot serve, which migrates it", "%v", err)
	case err != nil:
		return failed(subject, "restore a backup: see State in .github/docs/operating.md", "%v", err)
	case l == nil:
		return unseen(subject, "there is none in %s yet: nothing was delivered", conf.State)
	}
	behind, err := l.Recognised(ctx)
	if err == nil {
		err = l.Check(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return unseen(subject, "%s could not be read whole within %v; serve reads all of it when it starts", conf.LedgerFile(), Limit)
	case err != nil:
		return failed(subject, "do what the error says", "%v", err)
	case behind:
		return risky(subject, "start digestbot serve, which makes sure that nothing from the missing time is posted again", "it is older than the one used last, such as a restored backup")
	}
	return fine(subject, "%s is whole, and has the newest format", conf.LedgerFile())
}

// TZ checks the age of the tz database in use.
func TZ() chat.Finding {
	const subject = "tz database"
	newest := zone.Newest()
	if system, ok := zone.OfSystem(); ok && system.Release < newest.Release {
		return fine(subject, "%s; that of the machine, %s, is older and not used", newest, system.Release)
	}
	return fine(subject, "%s", newest)
}

const (
	// month is how long a subscription may match nothing before it is reported.
	month = 30 * 24 * time.Hour
	// oldNews is the minimum age of the newest digest before it is reported.
	oldNews = 10 * 24 * time.Hour
)

// Library checks the digests of the libraries, and settings that match none of them.
func Library(all source.Source, aliases digest.Aliases, subscriptions []subscription.Subscription, now time.Time) (found []chat.Finding) {
	const subject = "library"
	l := all.Library()
	newest := (subscription.Subscription{}).NewestOf(l.All(), now)
	lasts := oldNews
	for _, s := range subscriptions {
		lasts = max(lasts, s.MaxAge)
	}
	if newest == nil {
		found = append(found, failed(subject, "check that library.path names the folder of your digests; digestbot lint says why a file is not a digest", "there is no digest in it"))
	} else if age := now.Sub(newest.Date); age > lasts {
		found = append(found, risky(subject, "check why nothing new is written to the library", "the newest of %s is %d days old", count(l.Len(), "digest"), int(age.Hours())/24))
	} else {
		found = append(found, fine(subject, "%s, the newest of %s", count(l.Len(), "digest"), newest.Date.Format(time.DateOnly)))
	}
	found = append(found, lint(all.Problems()))
	for _, tag := range aliases.Unused(l) {
		if newest != nil {
			found = append(found, risky("alias of "+tag, "correct the line in [tags], or remove it", "no digest has this tag or one of its aliases"))
		}
	}
	for _, s := range subscriptions {
		if s.NewestOf(l.All(), now) == nil && newest != nil || missesAll(s, l.All(), now) {
			found = append(found, risky("subscription "+s.Label(), "correct its match (digestbot slots, /digest set), or remove it",
				"it matches no digest of the last 30 days"))
		}
	}
	return found
}

// missesAll reports whether there are digests of the last month, and a subscription matches
// none of them.
func missesAll(s subscription.Subscription, newestFirst []*digest.Card, now time.Time) bool {
	any := false
	for _, d := range newestFirst {
		switch {
		case now.Sub(d.Date) > month:
			return any
		case !s.Come(d, now):
		case s.Match.Accepts(d):
			return false
		default:
			any = true
		}
	}
	return any
}

// count returns a number with its noun.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// lint counts the problems in files.
func lint(problems []source.Problem) chat.Finding {
	const subject = "files"
	errs, files := 0, []string{}
	for _, p := range problems {
		if p.Severity == digest.Error {
			errs++
		}
		if !slices.Contains(files, p.File) {
			files = append(files, p.File)
		}
	}
	if len(problems) == 0 {
		return fine(subject, "they have no problems")
	}
	return risky(subject, "run digestbot lint on the library", "%s and %s in %s", count(errs, "error"), count(len(problems)-errs, "warning"), count(len(files), "file"))
}

// Paused reports the channels of subscriptions that are paused.
func Paused(subscriptions *subscription.Registry) (found []chat.Finding) {
	for _, s := range subscriptions.All() {
		for _, c := range s.Channels {
			if pause, is := subscriptions.Paused(c); is {
				found = append(found, risky(c.String(), fmt.Sprintf("to end that, run digestbot ask --as %s '/digest resume'", c),
					"it gets nothing new, because %s paused it on %s", pause.By.Name, pause.At.UTC().Format("2006-01-02 at 15:04 MST")))
			}
		}
	}
	return found
}

// Made checks whether the subscriptions that were made in chat still fit the configuration;
// refused are those that cannot be read.
func Made(conf *config.Config, made []subscription.Subscription, refused []subscription.Refused) (found []chat.Finding) {
	const fix = "correct the configuration, or remove it with /digest unsubscribe in admin_channel"
	for _, r := range refused {
		found = append(found, failed("subscription "+r.Name, fix, "it no longer fits the configuration: %s: %s", r.Problem.Key, r.Problem.Text))
	}
	for _, s := range made {
		for _, channel := range s.Channels {
			_, err := conf.Channel(channel.String())
			if err == nil && s.Home != "" {
				err = conf.CheckHome(channel, s.Home)
			}
			if err != nil {
				found = append(found, failed("subscription "+s.Label(), fix, "its slots fail: %v", err))
			}
		}
	}
	return found
}
