package setup

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// tried runs Init in a folder that contains only a folder "posts", with typed input;
// without input, there is no terminal. It returns the output and the file.
func tried(t *testing.T, i Init, typed string) (said, file string, err error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("posts", 0o700); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	i.Say = func(format string, args ...any) { fmt.Fprintf(&out, format, args...) }
	i.Path, i.Kinds, i.Now = "config.toml", adapters.Kinds, time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if typed != "" {
		i.In = bufio.NewScanner(strings.NewReader(typed))
	}
	err = i.Run()
	data, _ := os.ReadFile("config.toml")
	return out.String(), string(data), err
}

// The configuration reads everything that Init writes, as intended.
func TestInit(t *testing.T) {
	for _, x := range []struct {
		what  string
		init  Init
		typed string
		want  string // library, channel, schedule and zone
		steps []string
	}{
		{"flags of the web room", Init{Answers: Answers{Folder: "posts"}, Guess: "Europe/Berlin"}, "", "posts web:general 8:30 Europe/Berlin", []string{"digestbot lint posts", "digestbot  "}},
		{"no zone is known", Init{Answers: Answers{Folder: "posts"}}, "", "posts web:general 8:30 UTC", nil},
		{
			"flags of Discord", Init{Answers: Answers{Folder: "posts", Platform: "discord", Channel: "discord:123456789012345678", Time: "weekdays 9:00", Zone: "Asia/Shanghai"}, Guess: "Europe/Berlin"}, "",
			"posts discord:123456789012345678 weekdays 9:00 Asia/Shanghai",
			[]string{"DISCORD_TOKEN", "digestbot setup discord", "digestbot lint posts", "digestbot  "},
		},
		{
			"flags of Slack and git", Init{Answers: Answers{Git: "https://example.org/news", Platform: "slack", Channel: "C0123456789"}}, "",
			"https://example.org/news slack:C0123456789 8:30 UTC", []string{"digestbot setup slack", "SLACK_BOT_TOKEN", "digestbot  "},
		},
		{"all by default", Init{Guess: "Europe/Berlin"}, "\n\n\n\n\n", "posts web:general 8:30 Europe/Berlin", nil},
		{
			"wrong answers are asked for again", Init{},
			"nowhere\nftp://example.org/x\nposts\nirc\nslack\n\n@everyone\nC0123456789\n25:99\n\u202e\n工作日 8:30\nMars/Base\nAsia/Shanghai\n",
			"posts slack:C0123456789 工作日 8:30 Asia/Shanghai", nil,
		},
		{"a folder of an odd name", Init{Answers: Answers{Folder: "a \"b\" \\ # 👩‍💻"}, Example: true}, "", "a \"b\" \\ # 👩‍💻 web:general 8:30 UTC", nil},
	} {
		t.Run(x.what, func(t *testing.T) {
			said, file, err := tried(t, x.init, x.typed)
			if err != nil {
				t.Fatalf("%v after\n%s", err, said)
			}
			conf, err := config.Read("config.toml", adapters.Kinds)
			if err != nil {
				t.Fatalf("%v in\n%s", err, file)
			}
			s := conf.Subscriptions[0]
			if got := fmt.Sprint(conf.Libraries[0].Path, " ", s.Channels[0], " ", s.Schedule, " ", s.Zone); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
			if strings.Count(file, "\n# ") < 10 {
				t.Errorf("there are few comments in\n%s", file)
			}
			_, next, _ := strings.Cut(said, "\nNext:\n")
			for n, step := range x.steps {
				line, rest, _ := strings.Cut(next, "\n")
				if next = rest; !strings.HasPrefix(line, fmt.Sprintf("  %d. ", n+1)) || !strings.Contains(line+"  ", step) {
					t.Errorf("step %d is %q, want %s", n+1, line, step)
				}
			}
		})
	}
}

// After a mistake, nothing is written.
func TestInitRefuses(t *testing.T) {
	for _, x := range []struct {
		what  string
		init  Init
		typed string
		want  string
	}{
		{"no folder", Init{Answers: Answers{Folder: "nowhere"}}, "", "--example"},
		{"a wrong channel", Init{Answers: Answers{Folder: "posts", Platform: "discord", Channel: "@everyone"}}, "", "17 to 20 digits"},
		{"a wrong time", Init{Answers: Answers{Folder: "posts", Time: "soon"}}, "", "soon"},
		{"a wrong zone", Init{Answers: Answers{Folder: "posts", Zone: "Mars/Base"}}, "", "no time zone"},
		{"a repository with a password", Init{Answers: Answers{Git: "https://x:hunter2@example.org/news"}}, "", "credentials"},
		{"the answers end", Init{}, "posts\nslack\n", "nothing was written"},
	} {
		t.Run(x.what, func(t *testing.T) {
			said, file, err := tried(t, x.init, x.typed)
			if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error()+said, "hunter2") {
				t.Errorf("error %v, want one with %s", err, x.want)
			}
			if file != "" {
				t.Errorf("it has written\n%s", file)
			}
			if left, _ := filepath.Glob("*"); len(left) != 1 {
				t.Errorf("it leaves %q", left)
			}
		})
	}
}

// An existing file is not changed, even one that appears during the questions.
func TestInitKeepsWhatIsThere(t *testing.T) {
	t.Chdir(t.TempDir())
	i := Init{Path: "config.toml", Kinds: adapters.Kinds, Answers: Answers{Folder: "."}, Say: func(string, ...any) {}}
	if err := os.WriteFile(i.Path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.Run(); err == nil || !strings.Contains(err.Error(), "was not changed") {
		t.Errorf("error %v", err)
	}
	if err := writeNew(i.Path, "other"); err == nil {
		t.Error("it is written over")
	}
	if data, _ := os.ReadFile(i.Path); string(data) != "mine" {
		t.Errorf("it has %q", data)
	}
	// A dangling symbolic link also counts as existing.
	if err := os.Symlink("elsewhere", "link.toml"); err != nil {
		t.Fatal(err)
	}
	i.Path = "link.toml"
	if err := i.Run(); err == nil {
		t.Error("a link is written through")
	}
	if _, err := os.Stat("elsewhere"); err == nil {
		t.Error("a link is written through")
	}
}

// A folder is written relative to the file.
func TestInitElsewhere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"etc", "posts"} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	i := Init{Path: filepath.Join("etc", "bot.toml"), Kinds: adapters.Kinds, Answers: Answers{Folder: "posts"}, Say: func(string, ...any) {}}
	if err := i.Run(); err != nil {
		t.Fatal(err)
	}
	if conf, err := config.Read(i.Path, adapters.Kinds); err != nil || conf.Libraries[0].Path != "posts" {
		t.Errorf("%v, %+v", err, conf)
	}
}
