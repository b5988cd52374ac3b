package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"koko/embedded/devstack"
	"koko/internal/config"
	"koko/internal/demo"
	"koko/internal/devidp"
	"koko/internal/evidence/witness"
)

func command() *cobra.Command {
	var data, addr, witnesses string
	var withDemo bool
	root := &cobra.Command{
		Use: "koko-dev", Short: "Start KoKo with everything it needs", Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		Long: "Start KoKo with everything it needs: PostgreSQL, the Temporal server, an OpenID provider with demo\n" +
			"users, the API and a worker. Prints `ready http://HOST:PORT` when it is ready; Ctrl-C stops it.\n" +
			"All data lie in one folder, and go on where they stood when it is started again.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			peers, err := witness.LoadPeers(witnesses)
			if err != nil {
				return err
			}
			return devstack.Run(cmd.Context(), devstack.Options{Data: data, Addr: addr}, &embedded{demo: withDemo, witnesses: peers})
		},
	}
	root.PersistentFlags().StringVar(&data, "data", "data", "folder of all data")
	root.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "where to listen, HOST:PORT; port 0 is any free one")
	root.Flags().BoolVar(&withDemo, "demo", true, "take the demo cases and cohorts through the API, once per data folder")
	root.Flags().StringVar(&witnesses, "witnesses", "", "JSON list of other instances that cosign this one's checkpoints, or whose checkpoints it cosigns")
	root.AddCommand(usersCommand(), tokenCommand(&data))
	return root
}

func usersCommand() *cobra.Command {
	return &cobra.Command{
		Use: "users", Short: "List the demo users", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			_, _ = fmt.Fprintln(w, "LOGIN\tNAME\tROLE\tAREA")
			at := ""
			for _, u := range demo.Users() {
				if _, place, _ := strings.Cut(u.Login, "."); place != at {
					at = place
					_, _ = fmt.Fprintln(w, "\t\t\t")
				}
				var area []string
				for _, k := range u.Areas {
					area = append(area, string(k))
				}
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.Login, u.Name, u.Role, strings.Join(area, ","))
			}
			return w.Flush()
		},
	}
}

// tokenLifetime is how long a token of koko-dev token holds.
const tokenLifetime = 12 * time.Hour

func tokenCommand(data *string) *cobra.Command {
	return &cobra.Command{
		Use: "token USER", Short: "Print a bearer token of a demo user, and nothing else", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, ok := demo.Find(args[0])
			if !ok {
				return fmt.Errorf("there is no demo user %q: see koko-dev users", args[0])
			}
			i, err := readInstance(*data)
			if err != nil {
				return err
			}
			token, err := devidp.MintToken(keyFile(*data), i.issuer(), u, tokenLifetime)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
}

// instance is what a running koko-dev leaves in its data folder: for the token command, and for
// whoever wants to look behind the API.
type instance struct {
	URL      string     `json:"url"`
	Temporal string     `json:"temporal"`     // HOST:PORT
	TLS      config.TLS `json:"temporal_tls"` // what a client of it needs
	Database string     `json:"database"`     // of the record, as its owner
}

func (i instance) issuer() string { return i.URL + issuerPath }

func instanceFile(data string) string { return filepath.Join(data, "instance.json") }
func keyFile(data string) string      { return filepath.Join(data, "oidc-key.json") }

func readInstance(data string) (i instance, err error) {
	b, err := os.ReadFile(instanceFile(data))
	if err != nil {
		return i, fmt.Errorf("no KoKo has been started on %s: start it first, or name its folder with --data", data)
	}
	if err := json.Unmarshal(b, &i); err != nil {
		return i, fmt.Errorf("%s is damaged: start KoKo again", instanceFile(data))
	}
	return i, nil
}

func (i instance) write(data string) error {
	b, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return os.WriteFile(instanceFile(data), append(b, '\n'), 0o600)
}
