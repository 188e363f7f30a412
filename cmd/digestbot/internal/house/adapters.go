package house

import (
	"net/http"
	"slices"
	"strings"

	"github.com/digestbot/digestbot/adapters"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/bot/compose/language"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
)

// Adapter is an adapter with its name and the name of its kind.
type Adapter struct {
	Name, Kind string
	adapters.Adapter
}

// OpenAdapters opens all configured adapters.
func OpenAdapters(conf *config.Config, o Outside) ([]Adapter, error) {
	return openAdapters(conf, o, nil, nil)
}

// openAdapters is OpenAdapters with what adapters share with other replicas, if r is not
// nil. mount, unless it is nil, registers an adapter with the HTTP server.
func openAdapters(conf *config.Config, o Outside, r *replica, mount func(name, path string, to http.Handler)) (opened []Adapter, err error) {
	defer func() {
		if err != nil {
			for _, a := range opened {
				_ = a.Close()
			}
		}
	}()
	for _, ac := range conf.Adapters {
		var its func(path string, to http.Handler)
		if mount != nil {
			its = func(path string, to http.Handler) { mount(ac.Name, path, to) }
		}
		a, err := openAdapter(conf, ac, o, r, its)
		if err != nil {
			return opened, err
		}
		opened = append(opened, Adapter{ac.Name, ac.Kind.Name, a})
	}
	return opened, nil
}

// OpenAdapter opens one of the configured adapters.
func OpenAdapter(conf *config.Config, ac config.Adapter, o Outside) (adapters.Adapter, error) {
	return openAdapter(conf, ac, o, nil, nil)
}

func openAdapter(conf *config.Config, ac config.Adapter, o Outside, r *replica, mount func(string, http.Handler)) (adapters.Adapter, error) {
	env := chat.Env{
		Name: ac.Name, Log: o.Log, Getenv: o.Getenv, Folder: conf.Folder, State: conf.State, Database: r.database(),
		Listen: conf.HTTP.Listen, URL: conf.HTTP.Home(), Words: language.Wording, Mount: mount, Claim: r.claim(), Posts: r.posts(ac.Name),
	}
	for _, s := range conf.Subscriptions {
		for _, c := range s.Channels {
			if c.Adapter == ac.Name {
				env.Channels = append(env.Channels, c.ID)
			}
		}
	}
	if conf.Admin.Adapter == ac.Name {
		env.Channels = append(env.Channels, conf.Admin.ID)
	}
	a, err := ac.Kind.Open(env, ac.Table)
	if err != nil {
		return nil, conf.Explain(err)
	}
	return a, nil
}

// Beside returns one adapter of each platform that can show what a message looks like
// there.
func Beside(opened []Adapter) (all []chat.Beside) {
	for _, a := range opened {
		drawer, ok := a.Adapter.(chat.Drawer)
		name := strings.ToUpper(a.Kind[:1]) + a.Kind[1:]
		if ok && !slices.ContainsFunc(all, func(b chat.Beside) bool { return b.Name == name }) {
			all = append(all, chat.Beside{Name: name, Render: a.Render, Draw: drawer.Draw})
		}
	}
	return all
}
