SELECT ikewatch.id_text(0), ikewatch.id_text(255), ikewatch.id_text(-1), ikewatch.id_text(NULL) IS NULL AS null_stays_null;
