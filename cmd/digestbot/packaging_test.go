package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/goccy/go-yaml"
)

// understood fails unless digestbot understands a command line.
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

// instructions returns the Dockerfile's instructions of a kind, without their first word.
func instructions(t *testing.T, word string) (all []string) {
	text := strings.ReplaceAll(document(t, "Dockerfile"), "\\\n", "")
	for _, m := range regexp.MustCompile(`(?m)^ *`+word+` +(.+)$`).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// The image runs valid command lines, without root, with nothing but the files that it
// copies.
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

// The unit, the compose file and the Dockerfile agree on files, and on variables that the
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

// The manifest and the compose file of replicas give each replica what the image and the
// program expect.
func TestDeploymentOfReplicas(t *testing.T) {
	var pod struct {
		Args    []string `yaml:"args"`
		Mounts  []mount  `yaml:"volumeMounts"`
		Rights  rights   `yaml:"securityContext"`
		Startup probe    `yaml:"startupProbe"`
		Live    probe    `yaml:"livenessProbe"`
		Ready   probe    `yaml:"readinessProbe"`
		Ports   []struct {
			Port int `yaml:"containerPort"`
		} `yaml:"ports"`
	}
	kinds := map[string]int{}
	parts := yaml.NewDecoder(strings.NewReader(document(t, ".github/deploy/replicas.yaml")))
	for {
		var part struct {
			Kind string            `yaml:"kind"`
			Data map[string]string `yaml:"data"`
			Spec struct {
				Replicas int `yaml:"replicas"`
				Template struct {
					Spec struct {
						Grace      int              `yaml:"terminationGracePeriodSeconds"`
						Containers []yaml.MapSlice  `yaml:"containers"`
						Volumes    []map[string]any `yaml:"volumes"`
					} `yaml:"spec"`
				} `yaml:"template"`
			} `yaml:"spec"`
		}
		err := parts.Decode(&part)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds[part.Kind]++
		if text, ok := part.Data["config.toml"]; ok {
			conf, err := config.Parse("config.toml", []byte(text), adapters.Kinds)
			if err != nil {
				t.Fatalf("the configuration is refused: %v", err)
			}
			if !conf.Database.Shared() || conf.State != instructions(t, "VOLUME")[0] || !strings.HasSuffix(conf.HTTP.Listen, ":"+instructions(t, "EXPOSE")[0]) {
				t.Errorf("the configuration has state %s, %+v and listens at %s", conf.State, conf.Database, conf.HTTP.Listen)
			}
		}
		if part.Kind != "Deployment" {
			continue
		}
		if part.Spec.Replicas < 2 || part.Spec.Template.Spec.Grace < 20 {
			t.Errorf("%d replicas with %d s to stop", part.Spec.Replicas, part.Spec.Template.Spec.Grace)
		}
		container, err := yaml.Marshal(part.Spec.Template.Spec.Containers[0])
		if err == nil {
			err = yaml.Unmarshal(container, &pod)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pod.Mounts {
			if !slices.ContainsFunc(part.Spec.Template.Spec.Volumes, func(v map[string]any) bool { return v["name"] == m.Name }) {
				t.Errorf("there is no volume %s", m.Name)
			}
		}
	}
	if want := map[string]int{"ConfigMap": 1, "Deployment": 1, "Service": 1, "PodDisruptionBudget": 1}; !maps.Equal(kinds, want) {
		t.Errorf("there are %v, want %v", kinds, want)
	}
	understood(t, "args", pod.Args)
	for name, p := range map[string]probe{"startup": pod.Startup, "live": pod.Live, "ready": pod.Ready} {
		if p.Get.Path != "/healthz" {
			t.Errorf("%s asks for %q", name, p.Get.Path)
		}
	}
	if !pod.Rights.ReadOnly || pod.Rights.Escalation || fmt.Sprint(pod.Ports[0].Port) != instructions(t, "EXPOSE")[0] {
		t.Errorf("the container is %+v", pod)
	}
	for _, path := range []string{instructions(t, "VOLUME")[0], "/tmp", filepath.Dir(instructions(t, "WORKDIR")[1]) + "/digestbot"} {
		if !slices.ContainsFunc(pod.Mounts, func(m mount) bool { return m.Path == path }) {
			t.Errorf("nothing is mounted at %s", path)
		}
	}

	compose := document(t, ".github/deploy/compose-replicas.yaml")
	var services struct {
		Services map[string]map[string]any `yaml:"services"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(compose), &services); err != nil {
		t.Fatal(err)
	}
	if len(services.Services) != 2 || services.Services["digestbot"]["read_only"] != true || services.Services["digestbot"]["container_name"] != nil {
		t.Errorf("the services are %v", services.Services)
	}
	head := ""
	for line := range strings.Lines(compose) {
		if text, ok := strings.CutPrefix(line, "#   "); ok && !strings.Contains(line, "docker") && !strings.Contains(line, "export") {
			head += text
		}
	}
	conf, err := config.Parse("config.toml", []byte(head), adapters.Kinds)
	if err != nil || !conf.Database.Shared() || conf.State != instructions(t, "VOLUME")[0] {
		t.Errorf("its configuration is %+v, %v:\n%s", conf, err, head)
	}
}

type mount struct {
	Name string `yaml:"name"`
	Path string `yaml:"mountPath"`
}

type rights struct {
	ReadOnly   bool `yaml:"readOnlyRootFilesystem"`
	Escalation bool `yaml:"allowPrivilegeEscalation"`
}

type probe struct {
	Get struct {
		Path string `yaml:"path"`
	} `yaml:"httpGet"`
}

// The build context has the files that the build reads, and nothing that a clean checkout
// lacks.
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
