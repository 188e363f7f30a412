package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/digestbot/digestbot/adapters/web"
)

type healthCmd struct{}

// Run asks the web room of the running serve whether it is well.
func (healthCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	for _, a := range conf.Adapters {
		table, ok := a.table.(*web.Config)
		if !ok {
			continue
		}
		if err := healthy(ctx, table.Listen); err != nil {
			return fmt.Errorf("adapters.%s: %w", a.name, err)
		}
		p.printf("healthy\n")
		return nil
	}
	return errors.New("health: there is no adapter of the kind web to ask")
}

// healthy asks the page that listens on an address.
func healthy(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}
