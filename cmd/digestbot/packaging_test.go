package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// understood fails unless a command line is one of digestbot.
func understood(t *testing.T, where string, args []string) {
	t.Helper()
	parser, err := kong.New(&cli{}, kong.Name("digestbot"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Errorf("%s: %q: %v", where, args, err)
	}
}

// instructions are the lines of the Dockerfile that begin with a word, what follows that.
func instructions(t *testing.T, word string) (all []string) {
	text := strings.ReplaceAll(document(t, "Dockerfile"), "\\\n", "")
	for _, m := range regexp.MustCompile(`(?m)^ *`+word+` +(.+)$`).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// The image runs command lines that there are, without root, from nothing but what it copies.
func TestDockerfile(t *testing.T) {
	var start, check []string
	if err := json.Unmarshal([]byte(instructions(t, "CMD")[0]), &start); err != nil {
		t.Fatal(err)
	}
	understood(t, "CMD", start)
	_, health, _ := strings.Cut(instructions(t, "HEALTHCHECK")[0], "CMD ")
	if err := json.Unmarshal([]byte(health), &check); err != nil {
		t.Fatal(err)
	}
	understood(t, "HEALTHCHECK", check[1:])
	if code, said := printed(t, append(slices.Clone(check[1:]), "--config", "config.toml")...); code != 1 {
		t.Errorf("HEALTHCHECK: exit code %d: %s", code, said)
	}
}

// The unit, the compose file and the Dockerfile name the same files, and variables that the
// program reads.
func TestDeployment(t *testing.T) {
	unit := document(t, ".github/deploy/digestbot.service")
	line := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/digestbot (.+)$`).FindStringSubmatch(unit)
	if line == nil {
		t.Fatal("the unit does not start digestbot")
	}
	understood(t, "ExecStart", strings.Fields(line[1]))
	if !strings.HasSuffix(line[1], " --state-dir /var/lib/digestbot") || !strings.Contains(unit, "\nStateDirectory=digestbot\n") || !strings.Contains(unit, "\nDynamicUser=yes\n") {
		t.Error("the unit keeps its state elsewhere than systemd makes a folder, or has no user of its own")
	}

	var compose struct {
		Services map[string]struct {
			Build       string            `yaml:"build"`
			Image       string            `yaml:"image"`
			Restart     string            `yaml:"restart"`
			ReadOnly    bool              `yaml:"read_only"`
			Tmpfs       string            `yaml:"tmpfs"`
			Drop        []string          `yaml:"cap_drop"`
			Security    []string          `yaml:"security_opt"`
			Ports       []string          `yaml:"ports"`
			Environment map[string]string `yaml:"environment"`
			Volumes     []string          `yaml:"volumes"`
		} `yaml:"services"`
		Volumes map[string]any `yaml:"volumes"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(document(t, ".github/deploy/compose.yaml")), &compose, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	s := compose.Services["digestbot"]
	if !s.ReadOnly || s.Tmpfs != "/tmp" || !slices.Equal(s.Drop, []string{"ALL"}) || s.Build != "../.." {
		t.Errorf("the service is %+v", s)
	}
	for _, v := range s.Volumes {
		target := strings.Split(v, ":")[1]
		if target != instructions(t, "VOLUME")[0] && filepath.Dir(target) != instructions(t, "WORKDIR")[1] {
			t.Errorf("%s is mounted where the image does not look", target)
		}
	}
	if port := instructions(t, "EXPOSE")[0]; !slices.Equal(s.Ports, []string{"127.0.0.1:" + port + ":" + port}) {
		t.Errorf("the ports are %q", s.Ports)
	}
	source := ""
	for _, folder := range []string{"internal/house", "internal/libraries", "../../adapters/discord", "../../adapters/slack", "../../adapters/web"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if data, err := os.ReadFile(name); err == nil && !strings.HasSuffix(name, "_test.go") {
				source += string(data)
			}
		}
	}
	said := unit
	for name := range s.Environment {
		said += " " + name
	}
	code, man := printed(t, "man")
	if code != 0 {
		t.Fatal(man)
	}
	for _, name := range regexp.MustCompile(`\b(?:DIGESTBOT|DISCORD|SLACK)(?:_[A-Z]+)+\b`).FindAllString(said+man, -1) {
		if !strings.Contains(source, `"`+name+`"`) {
			t.Errorf("nothing reads %s", name)
		}
	}
}

// The folder of the build has what the build reads, and no more than a clean checkout.
func TestDockerignore(t *testing.T) {
	ignored := document(t, ".dockerignore")
	for _, line := range instructions(t, "COPY") {
		for _, name := range strings.Fields(line) {
			if name = strings.TrimPrefix(name, "/src/"); name == "go.mod" || name == "go.sum" || strings.HasPrefix(name, "digest/") {
				top, _, _ := strings.Cut(name, "/")
				if !strings.Contains(ignored, "\n!"+top+"\n") {
					t.Errorf(".dockerignore leaves %s out", name)
				}
			}
		}
	}
	for _, name := range []string{"adapters", "bot", "cmd", "digest", "config.toml", ".ci/sbom"} {
		if !strings.Contains(ignored, "\n!"+name+"\n") {
			t.Errorf(".dockerignore leaves %s out", name)
		}
	}
}
