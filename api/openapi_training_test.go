package api_test

import "koko/domain/training"

// The enumerations of the training stand beside those of the cases, under names that some share.
func init() {
	for name, lists := range map[string][][]string{
		"source":            {texts(training.Sources)},
		"criterion":         {texts(training.Criteria)},
		"cancelled":         {texts(training.CancelReasons)},
		"reissue_reason":    {texts(training.ReissueReasons)},
		"revocation_reason": {texts(training.RevocationReasons)},
		"warning":           {texts(training.WayWarnings)},
		"need":              {texts(training.Needs)},
		"by":                {texts(training.Actors)},
		"status":            {texts(training.SeatStatuses), texts(training.MakeUpStatuses), {"valid", "revoked", "superseded"}},
		"kind":              {texts(training.UnitKinds), texts(training.MakeUpKinds), texts(training.CertificateKinds), texts(training.StepKinds)},
		"reason": {
			texts(training.PauseReasons), texts(training.WithdrawalReasons), texts(training.ReissueReasons), texts(training.RevocationReasons),
			texts(training.CancelReasons), texts(training.WayReasons),
		},
	} {
		domainLists[name] = append(domainLists[name], lists...)
	}
	ownEnums = append(ownEnums, "Notification.file")
}
