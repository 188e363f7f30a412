package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/digestbot/digestbot/adapters/discord/discordfake"
	"github.com/digestbot/digestbot/adapters/slack/slackfake"
)

var drills = []drill{
	{"full disk", fullDisk},
	{"read-only disk", readOnly},
	{"expired token on Discord", expired("discord", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"401: Unauthorized","code":0}`))
	})},
	{"expired token on Slack", expired("slack", slackSays("token_expired"))},
	{"revoked permission on Discord", revoked("discord",
		func(s *site) {
			s.discord.AddChannel(discordfake.Channel{ID: bare(posts[0]), Guild: server, NoPosts: true})
		},
		func(s *site) { s.discord.AddChannel(discordfake.Channel{ID: bare(posts[0]), Guild: server}) })},
	{"revoked permission on Slack", revoked("slack",
		func(s *site) { s.slack.AddChannel(slackfake.Channel{ID: bare(posts[1]), Name: "news"}) },
		func(s *site) { s.slack.AddChannel(slackfake.Channel{ID: bare(posts[1]), Name: "news", Member: true}) })},
	{"deleted channel on Discord", deleted("discord", func(s *site) {
		s.gates["discord"].set(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, bare(posts[0])) {
				s.discord.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Unknown Channel","code":10003}`))
		})
	})},
	{"deleted channel on Slack", deleted("slack", func(s *site) {
		s.slack.AddChannel(slackfake.Channel{ID: bare(posts[1]), Name: "news", Private: true})
	})},
	{"Discord down", down("discord")},
	{"Slack down", down("slack")},
	{"damaged ledger", damaged},
	{"missing library folder", missingLibrary},
	{"state moved while stopped", movedWhileStopped},
	{"state moved while running", movedWhileRunning},
}

// steps runs steps in order until one fails.
func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// with binds an argument.
func with[A any](do func(A) error, a A) func() error { return func() error { return do(a) } }

// slackSays returns a handler that answers every request with a Slack error code.
func slackSays(code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
	}
}

// other returns the other platform.
func other(platform string) string {
	return map[string]string{"discord": "slack", "slack": "discord"}[platform]
}

// channelOn returns the digest channel on a platform.
func channelOn(platform string) string {
	return map[string]string{"discord": posts[0], "slack": posts[1]}[platform]
}

// fullDisk fills the disk of the state, a small one in memory.
func fullDisk(s *site) error {
	disk := s.path(s.state)
	if err := os.MkdirAll(disk, 0o755); err != nil {
		return err
	}
	if err := mount(disk); err != nil {
		return notHereError{fmt.Errorf("a small disk cannot be mounted: %w", err)}
	}
	s.unmount = disk
	filler := filepath.Join(disk, "filler")
	return steps(
		s.begin,
		func() error {
			if err := fill(filler); !errors.Is(err, syscall.ENOSPC) {
				return fmt.Errorf("the disk is not full: %w", err)
			}
			return s.add("second")
		},
		with(s.log, "the disk is full"),
		with(s.unwell, "the disk is full"),
		func() error { return s.absent(posts[0], s.digests[1]) },
		func() error { return os.Remove(filler) },
		func() error { return s.posted(s.channels, s.digests...) }, // planning is retried automatically
		s.well,
	)
}

// fill writes until the disk is full.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 64 << 10; ; {
		if _, err = f.Write(make([]byte, size)); err == nil {
			continue
		}
		if size == 1 {
			return err
		}
		size /= 2
	}
}

// nobody is a user who owns no files.
const nobody = 65534

// readOnly removes write permission for the state.
func readOnly(s *site) error {
	if os.Geteuid() == 0 {
		s.uid = nobody
		if err := os.Chown(s.folder, nobody, nobody); err != nil {
			return err
		}
	}
	chmod := func(folder, file fs.FileMode) func() error {
		return func() error {
			return filepath.WalkDir(s.path(s.state), func(path string, e fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if e.IsDir() {
					return os.Chmod(path, folder)
				}
				return os.Chmod(path, file)
			})
		}
	}
	return steps(
		s.begin,
		chmod(0o555, 0o444), // open files can still be written
		with(s.unwell, "its folder cannot be written"),
		s.stop,
		with(s.add, "second"),
		with(s.refuses, "see that the user who runs digestbot may write them"),
		chmod(0o755, 0o644),
		s.start,
	)
}

// expired makes a platform refuse the token, until the bot starts with another one.
func expired(platform string, refusal http.HandlerFunc) func(*site) error {
	return func(s *site) error {
		s.admin = admins[other(platform)]
		return steps(
			s.begin,
			func() error {
				s.gates[platform].set(refusal)
				return s.add("second")
			},
			with(s.told, platform+" refuses the bot's account"),
			with(s.log, "deliver: waiting for an adapter, as is everything owed there adapter="+platform),
			with(s.unwell, platform+": "),
			with(s.listed, "paused"),
			func() error { return s.posted([]string{channelOn(other(platform))}, s.digests...) },
			func() error { s.gates[platform].set(nil); return s.restart() },
			with(s.told, platform+" accepts the bot's account again"),
		)
	}
}

// revoked removes the permission to post in one channel.
func revoked(platform string, take, give func(*site)) func(*site) error {
	return func(s *site) error {
		s.admin = admins[platform]
		c := channelOn(platform)
		return steps(
			s.begin,
			func() error { take(s); return s.add("second") },
			with(s.told, c+" takes no posts"),
			with(s.unwell, c+": takes no posts since"),
			with(s.log, "deliver: an attempt failed digest=second channel="+c),
			with(s.listed, "paused"),
			func() error { return s.posted([]string{channelOn(other(platform))}, s.digests...) },
			func() error { give(s); return s.release(c) },
			with(s.told, c+" takes posts again"),
		)
	}
}

// deleted deletes a channel; the configuration then names another one.
func deleted(platform string, remove func(*site)) func(*site) error {
	return func(s *site) error {
		s.admin = admins[other(platform)]
		gone := channelOn(platform)
		return steps(
			s.begin,
			func() error { remove(s); return s.add("second") },
			with(s.told, gone+" takes no posts"),
			with(s.unwell, gone+": takes no posts since"),
			with(s.listed, "paused"),
			s.stop,
			func() error {
				if err := s.once([]string{gone}, s.digests[0]); err != nil {
					return err
				}
				s.channels = []string{channelOn(other(platform)), others[platform]}
				return s.start()
			},
		)
	}
}

// down makes a platform refuse connections for some seconds. TestDownForAnHour in
// bot/dispatch covers an hour.
func down(platform string) func(*site) error {
	return func(s *site) error {
		s.admin = admins[other(platform)]
		return steps(
			s.begin,
			func() error {
				s.gates[platform].close()
				if platform == "discord" {
					s.discord.Drop()
				} else {
					s.slack.Close()
				}
				return s.add("second")
			},
			with(s.log, "deliver: waits"),
			with(s.unwell, platform+": not connected"),
			with(s.listed, "connect"),
			func() error { return s.posted([]string{channelOn(other(platform))}, s.digests...) },
			s.gates[platform].open,
		)
	}
}

// damaged overwrites the middle of the ledger, and then restores a backup.
func damaged(s *site) error {
	ledger, backup := filepath.Join(s.path(s.state), "digestbot.db"), s.path("backup.db")
	return steps(
		s.begin,
		func() error {
			out, err := s.command("backup", backup).CombinedOutput()
			s.saw("backup", string(out))
			return err
		},
		s.stop,
		func() error {
			text, err := os.ReadFile(ledger)
			if err != nil {
				return err
			}
			for i := len(text) / 4; i < len(text)*3/4; i++ {
				text[i] = 0xA5
			}
			if err := os.WriteFile(ledger, text, 0o644); err != nil {
				return err
			}
			return s.add("second")
		},
		with(s.refuses, "damaged"),
		func() error {
			for _, suffix := range []string{"-wal", "-shm"} {
				if err := os.Remove(ledger + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
			return os.Rename(backup, ledger)
		},
		s.start,
	)
}

// missingLibrary moves the digest folder away for a while.
func missingLibrary(s *site) error {
	return steps(
		s.begin,
		func() error { return os.Rename(s.path("library"), s.path("away")) },
		with(s.log, "library: the folder is gone, the last library stays"),
		s.well, // because everything else still works
		s.stop,
		with(s.refuses, "library.path"),
		func() error { return os.Rename(s.path("away"), s.path("library")) },
		s.start,
		s.well,
		func() error { return os.Rename(s.path("library"), s.path("away")) },
		with(s.log, "library: the folder is gone, the last library stays"),
		func() error { return os.Rename(s.path("away"), s.path("library")) },
		with(s.log, "library: the folder is back"),
		with(s.add, "second"),
	)
}

// movedWhileStopped moves the state and changes the configuration accordingly. Without that
// change, the bot creates a new ledger, and says so.
func movedWhileStopped(s *site) error {
	return steps(
		s.begin,
		with(s.log, "ledger: a new one is made, and nothing is known of earlier posts"),
		s.stop,
		func() error {
			from := s.path(s.state)
			s.state = "elsewhere"
			return os.Rename(from, s.path(s.state))
		},
		with(s.add, "second"),
		s.start,
	)
}

// movedWhileRunning moves the state away from a running bot, and back.
func movedWhileRunning(s *site) error {
	return steps(
		s.begin,
		func() error { return os.Rename(s.path(s.state), s.path("elsewhere")) },
		with(s.add, "second"),
		with(s.log, "was removed or replaced"),
		with(s.unwell, "was removed or replaced"),
		func() error { return s.absent(posts[0], s.digests[1]) },
		s.stop,
		func() error { return os.Rename(s.path("elsewhere"), s.path(s.state)) },
		s.start,
	)
}
