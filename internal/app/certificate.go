package app

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"koko/internal/certificate"
	"koko/internal/config"
)

// issuer returns who issues certificates. It keeps its present keys: after a rotation, restart.
func issuer(c config.Config) (*certificate.Issuer, error) {
	keys, err := certificate.LoadKeys(c.Certificates.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("keys that sign certificates (make them with `koko issuer-key FILE`): %w", err)
	}
	if err := certificate.Printable(c.Certificates.Issuer); err != nil {
		return nil, fmt.Errorf("name of the issuer (KOKO_ISSUER_NAME): %w", err)
	}
	return &certificate.Issuer{URL: c.Listen.PublicURL.String(), Name: c.Certificates.Issuer, Keys: keys}, nil
}

func issuerKey() *cobra.Command {
	var rotate bool
	c := &cobra.Command{
		Use: "issuer-key FILE", Short: "Make the keys that sign certificates, unless FILE is there already", Args: cobra.ExactArgs(1),
		Long: "Make the keys that sign certificates. Keep a copy: without the file, the credentials issued so far can no\n" +
			"longer be verified, and whoever has it can issue others.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if rotate {
				return rotateIssuerKey(cmd.OutOrStdout(), args[0], time.Now())
			}
			return createIssuerKey(cmd.OutOrStdout(), args[0])
		},
	}
	c.Flags().BoolVar(&rotate, "rotate", false, "sign with a new key from now on; the others go on verifying what they signed")
	return c
}

func createIssuerKey(w io.Writer, path string) error {
	keys, created, err := certificate.CreateKeysIfMissing(path)
	if err != nil {
		return err
	}
	says := "the keys were there already"
	if created {
		says = "new keys"
	}
	_, err = fmt.Fprintf(w, "%s: %s\nsigning: %s\n", says, path, keys.Active().Thumbprint)
	return err
}

func rotateIssuerKey(w io.Writer, path string, at time.Time) error {
	before, err := certificate.LoadKeys(path)
	if err != nil {
		return err
	}
	after, err := certificate.Rotate(path, at)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "signing: %s\nretired, goes on verifying: %s\nNow copy %s to a safe place and restart every koko serve: those that run know only the old key.\n",
		after.Active().Thumbprint, before.Active().Thumbprint, path)
	return err
}
