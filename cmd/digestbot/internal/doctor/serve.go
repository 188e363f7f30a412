package doctor

import (
	"maps"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Serve describes the serve that runs with a configuration.
type Serve struct {
	Address string // where it should answer: http.listen, or what the holder of the lock has written
	Answers bool   // a process answers /healthz there
	Locked  bool   // a process holds the state's lock
	Ready   string // what /readyz says
	Err     error  // why there is no answer
}

// Running checks whether exactly one serve is running.
func (s Serve) Running(conf *config.Config) chat.Finding {
	const subject = "serve"
	switch {
	case s.Answers && s.Locked:
		return fine(subject, "it runs, and answers at %s", s.Address)
	case s.Locked:
		return failed(subject, "wait a little; then see its log, and stop the process that holds "+conf.LockFile(), "a process holds the state, and digestbot does not answer at %s", s.Address)
	case s.Answers:
		return failed(subject, "name its --state-dir and --config, or set another port in http.listen", "something answers at %s that does not hold the state in %s", s.Address, conf.State)
	}
	return risky(subject, "start digestbot serve", "it is not running, so nothing is posted, and it is unknown whether people can reach the bot")
}

// Hears returns for each adapter whether serve receives commands there.
func (s Serve) Hears(adapters []string) (found []chat.Finding) {
	if !s.Answers || !s.Locked {
		return nil
	}
	told := map[string]string{}
	for text := range strings.Lines(s.Ready) {
		if name, is, ok := strings.Cut(strings.TrimSpace(text), ": "); ok {
			told[name] = is
		}
	}
	if s.Err != nil {
		return []chat.Finding{risky("connections", "see the log of serve", "serve does not report them: %v", s.Err)}
	}
	if len(told) == 0 {
		return []chat.Finding{unseen("connections", "serve shows them only to clients that may see names: set DIGESTBOT_METRICS_TOKEN or http.metrics_token_file for this command and for serve")}
	}
	if is := told["configuration"]; is != "" {
		found = append(found, risky("configuration in use", "run digestbot reload: it says what is wrong", "serve says: %s", is))
		delete(told, "configuration")
	}
	for _, name := range adapters {
		found = append(found, heard(name, told[name]))
		delete(told, name)
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if is := told[name]; is != "ok" {
			found = append(found, failed(name+" in use", "correct what it reports; digestbot deliveries lists waiting deliveries", "serve says: %s", is))
		}
	}
	return found
}

// heard returns the finding for what serve says of an adapter.
func heard(name, is string) chat.Finding {
	subject := name + " connection"
	switch {
	case is == "off", strings.HasPrefix(is, "off, "): // the adapter's own finding explains it
		return unseen(subject, "it is off")
	case is == "connected", is == "another replica is connected":
		return fine(subject, "serve is connected, and receives commands")
	case strings.HasPrefix(is, "connected"):
		return risky(subject, "end the other process, or give it an app of its own", "%s", is)
	}
	return failed(subject, "see the log of serve", "serve says: %s", is)
}

// Reached checks whether http.url leads to serve. got is the answer to /healthz there; err
// is why there is none.
func Reached(conf *config.Config, got string, err error) chat.Finding {
	const subject, fix = "http.url", "check the proxy in front of digestbot, and DNS; or correct http.url"
	switch {
	case err != nil:
		return failed(subject, fix, "%s does not lead to serve: %v", conf.HTTP.URL, err)
	case strings.TrimSpace(got) != "ok":
		return failed(subject, fix, "%s leads to something that is not digestbot", conf.HTTP.URL)
	}
	return fine(subject, "%s leads to serve", conf.HTTP.URL)
}
