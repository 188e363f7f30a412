package house

import (
	"errors"

	"github.com/digestbot/digestbot/adapters/httpauth"
	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/admin"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

// Verify finds everything that is wrong with what a configuration names: missing folders,
// unreadable tokens, tables that an adapter refuses. It contacts no platform and leaves no
// state. about summarizes the configuration in one line.
func Verify(conf *config.Config, o Outside) (about string, err error) {
	errs := []error{conf.CheckLibraries()}
	env := chat.Env{Getenv: o.Getenv, Folder: conf.Folder}
	if _, err := MetricsToken(conf, o.Getenv); err != nil {
		errs = append(errs, err)
	}
	if _, err := httpauth.Token(env, admin.TokenVariable, admin.TokenKey, conf.HTTP.AdminTokenFile); err != nil {
		errs = append(errs, conf.Explain(err))
	}
	if _, err := heartbeat(conf, &health.Checker{}, o); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, o.Libraries(conf).CheckTokens())
	apart, forget, err := Scratch(conf)
	if err != nil {
		return "", err
	}
	defer forget()
	var on, off []string
	for _, ac := range conf.Adapters {
		a, err := OpenAdapter(apart, ac, o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if why := a.Capabilities().Off; why == "" {
			on = append(on, ac.Name)
		} else {
			off = append(off, ac.Name)
		}
		errs = append(errs, a.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return conf.About(on, off), nil
}

// allMistakes returns everything that Verify finds, if anything, else first.
func allMistakes(conf *config.Config, o Outside, first error) error {
	if _, err := Verify(conf, o); err != nil {
		return err
	}
	return first
}
