-- A ledger of revision 0001 with the example messages of every event: `.dump` of SQLite.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE counts (
	name VARCHAR NOT NULL, 
	which VARCHAR NOT NULL, 
	count BIGINT NOT NULL, 
	PRIMARY KEY (name, which)
);
INSERT INTO "counts" VALUES('characteristic','energy',1);
INSERT INTO "counts" VALUES('event','ActivationRefused',2);
INSERT INTO "counts" VALUES('event','ActivationRequested',1);
INSERT INTO "counts" VALUES('event','CancelRequested',1);
INSERT INTO "counts" VALUES('event','CheckpointReady',1);
INSERT INTO "counts" VALUES('event','DecisionMade',1);
INSERT INTO "counts" VALUES('event','DemonstrationBuilt',1);
INSERT INTO "counts" VALUES('event','ExampleRetracted',1);
INSERT INTO "counts" VALUES('event','ExperienceRecorded',3);
INSERT INTO "counts" VALUES('event','ExperienceScored',2);
INSERT INTO "counts" VALUES('event','FeedbackReceived',2);
INSERT INTO "counts" VALUES('event','ForgetRequested',1);
INSERT INTO "counts" VALUES('event','Forgotten',1);
INSERT INTO "counts" VALUES('event','LabelBuilt',1);
INSERT INTO "counts" VALUES('event','ModelActivated',2);
INSERT INTO "counts" VALUES('event','ModelRefused',1);
INSERT INTO "counts" VALUES('event','ModelRegistered',1);
INSERT INTO "counts" VALUES('event','PairBuilt',2);
INSERT INTO "counts" VALUES('event','RollbackRequested',1);
INSERT INTO "counts" VALUES('event','RunFinished',3);
INSERT INTO "counts" VALUES('event','RunProgressed',2);
INSERT INTO "counts" VALUES('event','RunStarted',2);
INSERT INTO "counts" VALUES('event','TraceCaptured',2);
INSERT INTO "counts" VALUES('event','TraceRequested',1);
INSERT INTO "counts" VALUES('event','TrainingRequested',2);
INSERT INTO "counts" VALUES('example','demonstration:voice:built',1);
INSERT INTO "counts" VALUES('example','label:widget:built',1);
INSERT INTO "counts" VALUES('example','pair:voice:built',1);
INSERT INTO "counts" VALUES('example','pair:voice:retracted',1);
INSERT INTO "counts" VALUES('experiences','total',3);
INSERT INTO "counts" VALUES('experiences','with_feedback',2);
INSERT INTO "counts" VALUES('intent','query',3);
INSERT INTO "counts" VALUES('latency','1-3s',1);
INSERT INTO "counts" VALUES('latency','<1s',2);
INSERT INTO "counts" VALUES('millionths','evaluation_confidence',930000);
INSERT INTO "counts" VALUES('millionths','reward',1200000);
INSERT INTO "counts" VALUES('millionths','voice_confidence',150000);
INSERT INTO "counts" VALUES('millionths','widget_score',200000);
INSERT INTO "counts" VALUES('model','registered',1);
INSERT INTO "counts" VALUES('rating','down',1);
INSERT INTO "counts" VALUES('rating','none',2);
INSERT INTO "counts" VALUES('run','accepted',1);
INSERT INTO "counts" VALUES('run','failed',1);
INSERT INTO "counts" VALUES('run','refused',1);
INSERT INTO "counts" VALUES('scenario','brand-new-scenario',1);
INSERT INTO "counts" VALUES('scenario','kpi',1);
INSERT INTO "counts" VALUES('source','both',1);
INSERT INTO "counts" VALUES('source','eval_agent',1);
INSERT INTO "counts" VALUES('source','implicit_only',1);
INSERT INTO "counts" VALUES('sum','processing_time_ms',2310);
INSERT INTO "counts" VALUES('sum','widget_count',2);
INSERT INTO "counts" VALUES('valued','evaluation_confidence',1);
INSERT INTO "counts" VALUES('valued','reward',1);
INSERT INTO "counts" VALUES('valued','voice_confidence',1);
INSERT INTO "counts" VALUES('valued','widget_score',1);
CREATE TABLE events (
	number INTEGER NOT NULL, 
	event_id VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	stream VARCHAR NOT NULL, 
	occurred_at BIGINT NOT NULL, 
	query_id VARCHAR, 
	user_id VARCHAR, 
	run_id VARCHAR, 
	version VARCHAR, 
	example_id VARCHAR, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (event_id)
);
INSERT INTO "events" VALUES(1,'01990020-7a52-7f0e-9a61-0c9f4f6e0a03','TrainingRequested','commands',1770580880576107,NULL,NULL,NULL,NULL,NULL,'{"event_id":"01990020-7a52-7f0e-9a61-0c9f4f6e0a03","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"TrainingRequested","requested_by":"maria","reason":"","method":"kto"}');
INSERT INTO "events" VALUES(2,'01990020-7a52-7f0e-9a61-0c9f4f6e0a01','TrainingRequested','commands',1770580880576107,NULL,NULL,NULL,NULL,NULL,'{"event_id":"01990020-7a52-7f0e-9a61-0c9f4f6e0a01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"TrainingRequested","requested_by":"maria","reason":"before the audit","method":null}');
INSERT INTO "events" VALUES(3,'00000000000000000000000000000030','TraceRequested','trace-requests',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',NULL,NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000030","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"TraceRequested","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}},"prompt":"Readings:\n- pump 001 power: 45 kW\nUser question: What is the power of pump 001?\nResponse:","reason":"judged"}');
INSERT INTO "events" VALUES(4,'00000000000000000000000000000032','TraceCaptured','traces',1770581102100000,NULL,NULL,NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000032","schema_version":1,"occurred_at":"2026-02-08T20:05:02.100000Z","caused_by":null,"trace":{},"type":"TraceCaptured","trace_id":"5b0c1d7e-0d5a-4a55-8a37-6c7f3a2f9b10","query_id":null,"question":{"key":"0f9f3c2f4f6b1c6c3f0d6a55","text":"Any active alarms on chiller 004?","intent":"query","device_type":"chiller","characteristic":"","phrasing":"any active alarms on _ _","asked":null},"prompt":"Any active alarms on chiller 004?","thinking":"","answer":"Chiller 004 has one active alarm, a high condenser pressure since 14:05.","teacher":"","stop_reason":"","input_tokens":0,"output_tokens":0,"seconds":0.0,"agent_response":"","agent_seconds":0.0,"prompt_version":""}');
INSERT INTO "events" VALUES(5,'00000000000000000000000000000031','TraceCaptured','traces',1770580884676107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',NULL,NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000031","schema_version":1,"occurred_at":"2026-02-08T20:01:24.676107Z","caused_by":"00000000000000000000000000000030","trace":{},"type":"TraceCaptured","trace_id":"00000000000000000000000000000031","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}},"prompt":"Readings:\n- pump 001 power: 45 kW\nUser question: What is the power of pump 001?\nResponse:","thinking":"The operator asks for the power of pump 001, which the readings give as 45 kW.","answer":"Pump 001 draws 45 kW right now.","teacher":"teacher-large","stop_reason":"stop","input_tokens":140,"output_tokens":88,"seconds":4.1,"agent_response":"","agent_seconds":0.0,"prompt_version":""}');
INSERT INTO "events" VALUES(6,'00000000000000000000000000000016','ActivationRefused','models',1770581120576107,NULL,NULL,NULL,'v20260207t200120-0123456789ab',NULL,'{"event_id":"00000000000000000000000000000016","schema_version":1,"occurred_at":"2026-02-08T20:05:20.576107Z","caused_by":"01990021-7a52-7f0e-9a61-0c9f4f6e0a03","trace":{},"type":"ActivationRefused","name":"cc-widget-selector","version":"v20260207t200120-0123456789ab","reason":"model.gguf of v20260207t200120-0123456789ab has changed on disk","requested_by":"maria"}');
INSERT INTO "events" VALUES(7,'00000000000000000000000000000014','ModelActivated','models',1770581120576107,NULL,NULL,NULL,'v20260207t200120-0123456789ab',NULL,'{"event_id":"00000000000000000000000000000014","schema_version":1,"occurred_at":"2026-02-08T20:05:20.576107Z","caused_by":"01990021-7a52-7f0e-9a61-0c9f4f6e0a03","trace":{},"type":"ModelActivated","name":"cc-widget-selector","version":"v20260207t200120-0123456789ab","previous":"v20260208t200120-ba9876543210","requested_by":"maria","reason":"answers about the chillers are worse","registries":["local","ollama"]}');
INSERT INTO "events" VALUES(8,'00000000000000000000000000000015','ModelRefused','models',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"00000000000000000000000000000015","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelRefused","run_id":"run-1","reason":"ollama does not serve the trained model: end: 9 of 10 answers go on after the trained model''s end","parity":{"top1":0.981,"kl":0.0031,"tokens":459,"template_equal":true,"kl_p99":null},"tried":[],"served":{"target":"ollama","top1":0.952,"kl_mean":null,"kl_p99":null,"tokens":208,"faults":[{"name":"end","reason":"9 of 10 answers go on after the trained model''s end"}]}}');
INSERT INTO "events" VALUES(9,'000000000000000000000000000000b1','RunStarted','runs',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"000000000000000000000000000000b1","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunStarted","run_id":"run-1","method":"dpo","base_model":"smollm2-135m-instruct","dataset_sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","pairs":80,"held_out":24,"reason":"104 pairs wait","example_ids":["eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"]}');
INSERT INTO "events" VALUES(10,'0000000000000000000000000000000b','RunStarted','runs',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"0000000000000000000000000000000b","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunStarted","run_id":"run-1","method":"dpo","base_model":"smollm2-135m-instruct","dataset_sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","pairs":80,"held_out":24,"reason":"104 pairs wait","example_ids":[]}');
INSERT INTO "events" VALUES(11,'0000000000000000000000000000000c','RunProgressed','runs',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"0000000000000000000000000000000c","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunProgressed","run_id":"run-1","stage":"training","step":5,"steps":30,"loss":0.4,"accuracy":0.9,"margin":1.2,"seconds_left":60.0}');
INSERT INTO "events" VALUES(12,'0000000000000000000000000000000d','RunProgressed','runs',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"0000000000000000000000000000000d","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunProgressed","run_id":"run-1","stage":"loading","step":0,"steps":0,"loss":null,"accuracy":null,"margin":null,"seconds_left":null}');
INSERT INTO "events" VALUES(13,'0000000000000000000000000000001f','RunFinished','runs',1770580880576107,NULL,NULL,'run-3',NULL,NULL,'{"event_id":"0000000000000000000000000000001f","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunFinished","run_id":"run-3","method":"sft","verdict":"refused","reason":"credibly worse for language de: text quality -0.50 [-0.60, -0.40], 6 cases","pairs":80,"seconds":150.0,"before":{"preference_accuracy":0.8,"text_quality":0.7,"grounded_accuracy":0.25,"json_validity":0.5,"plan_agreement":0.4,"margin":0.2,"likelihood":-1.2,"invented":0.2,"finished":0.8,"words":19.4,"kl":0.0},"after":{"preference_accuracy":0.9,"text_quality":0.85,"grounded_accuracy":0.7,"json_validity":0.5,"plan_agreement":0.4,"margin":0.6,"likelihood":-0.8,"invented":0.2,"finished":1.0,"words":17.1,"kl":0.9},"gains":{"grounded_accuracy":{"mean":0.45,"low":0.25,"high":0.65,"n":24}},"figures":{"held_out":{"grounded_accuracy":{"mean":0.45,"low":0.25,"high":0.65,"n":24}},"regression":{"text_quality":{"mean":0.02,"low":-0.05,"high":0.09,"n":30}},"together":{"invented":{"mean":-0.05,"low":-0.15,"high":0.05,"n":54}},"slices":[{"slice":"language de","measure":"text_quality","gain":{"mean":-0.5,"low":-0.6,"high":-0.4,"n":6}}],"regression_before":{"preference_accuracy":0.8,"text_quality":0.7,"grounded_accuracy":0.25,"json_validity":0.5,"plan_agreement":0.4,"margin":0.2,"likelihood":null,"invented":0.2,"finished":0.8,"words":19.4,"kl":0.0},"regression_after":{"preference_accuracy":0.8,"text_quality":0.7,"grounded_accuracy":0.25,"json_validity":0.5,"plan_agreement":0.4,"margin":0.2,"likelihood":null,"invented":0.2,"finished":0.8,"words":19.4,"kl":0.9},"length_ratio":0.88,"kl":0.9},"answers":[{"question":"q","before":"b","after":"a"}],"curve":[{"step":1,"loss":0.69,"accuracy":0.5,"margin":0.0}]}');
INSERT INTO "events" VALUES(14,'0000000000000000000000000000000f','RunFinished','runs',1770580880576107,NULL,NULL,'run-2',NULL,NULL,'{"event_id":"0000000000000000000000000000000f","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunFinished","run_id":"run-2","method":"dpo","verdict":"failed","reason":"out of memory","pairs":80,"seconds":3.0,"before":null,"after":null,"gains":{},"figures":null,"answers":[],"curve":[]}');
INSERT INTO "events" VALUES(15,'0000000000000000000000000000000e','RunFinished','runs',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"0000000000000000000000000000000e","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"RunFinished","run_id":"run-1","method":"dpo","verdict":"accepted","reason":"credibly better","pairs":80,"seconds":150.0,"before":{"preference_accuracy":0.4,"text_quality":0.8,"grounded_accuracy":0.13,"json_validity":null,"plan_agreement":null,"margin":null,"likelihood":null,"invented":null,"finished":null,"words":null,"kl":null},"after":{"preference_accuracy":1.0,"text_quality":0.92,"grounded_accuracy":0.63,"json_validity":0.5,"plan_agreement":null,"margin":null,"likelihood":null,"invented":null,"finished":null,"words":null,"kl":null},"gains":{"grounded_accuracy":{"mean":0.4,"low":0.2,"high":0.6,"n":24}},"figures":null,"answers":[{"question":"q","before":"b","after":"a"}],"curve":[{"step":1,"loss":0.69,"accuracy":0.5,"margin":0.0}]}');
INSERT INTO "events" VALUES(16,'01990022-7a52-7f0e-9a61-0c9f4f6e0a04','RollbackRequested','commands',1770581120576107,NULL,NULL,NULL,NULL,NULL,'{"event_id":"01990022-7a52-7f0e-9a61-0c9f4f6e0a04","schema_version":1,"occurred_at":"2026-02-08T20:05:20.576107Z","caused_by":null,"trace":{},"type":"RollbackRequested","requested_by":"maria","reason":""}');
INSERT INTO "events" VALUES(17,'00000000000000000000000000000008','PairBuilt','examples',1770580880576107,NULL,NULL,NULL,NULL,'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','{"event_id":"00000000000000000000000000000008","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","revision":3,"aspect":"voice","rule":"same_question","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}},"prompt":"User question: What is the power of pump 001?\nResponse:","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"},{"query_id":"other","revision":1,"user_id":""}],"type":"PairBuilt","chosen":"Pump 001 is consuming 45 kilowatts.","rejected":"Well, let me think.","chosen_reward":1.2,"rejected_reward":-1.0}');
INSERT INTO "events" VALUES(18,'00000000000000000000000000000033','PairBuilt','examples',1770555600000000,NULL,NULL,NULL,NULL,'abababababababababababababababab','{"event_id":"00000000000000000000000000000033","schema_version":1,"occurred_at":"2026-02-08T13:00:00Z","caused_by":null,"trace":{},"example_id":"abababababababababababababababab","revision":1,"aspect":"voice","rule":"imported","question":{"key":"9d1c7b7be5c4a2b2c0e6f1a7","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"","phrasing":"what is the power of _ _","asked":null},"prompt":"User question: What is the power of pump 001?\nResponse:","sources":[],"type":"PairBuilt","chosen":"Pump 001 is consuming 45 kilowatts.","rejected":"Well, let me think.","chosen_reward":1.2,"rejected_reward":-1.0}');
INSERT INTO "events" VALUES(19,'00000000000000000000000000000011','ModelRegistered','models',1770580880576107,NULL,NULL,'run-1','v1-0123456789ab',NULL,'{"event_id":"00000000000000000000000000000011","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelRegistered","run_id":"run-1","name":"cc-widget-selector","version":"v1-0123456789ab","registry":"local","quantization":"q8_0","gguf":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":1234,"name":"model.gguf"},"parity":{"top1":0.981,"kl":0.0031,"tokens":459,"template_equal":true,"kl_p99":null},"smoke_answer":"Pump 001 is at 45 kilowatts.","seconds":30.0,"tried":[],"served":null}');
INSERT INTO "events" VALUES(20,'00000000000000000000000000000013','DemonstrationBuilt','examples',1770580880576107,NULL,NULL,NULL,NULL,'dddddddddddddddddddddddddddddddd','{"event_id":"00000000000000000000000000000013","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"dddddddddddddddddddddddddddddddd","revision":1,"aspect":"voice","rule":"corrected_request","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":null},"prompt":"User question: What is the power of pump 002?\nResponse:","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"}],"type":"DemonstrationBuilt","answer":"Pump 002 draws 31 kilowatts.","reward":1.3}');
INSERT INTO "events" VALUES(21,'00000000000000000000000000000012','ModelActivated','models',1770580880576107,NULL,NULL,NULL,'v1-0123456789ab',NULL,'{"event_id":"00000000000000000000000000000012","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ModelActivated","name":"cc-widget-selector","version":"v1-0123456789ab","previous":null,"requested_by":"","reason":"","registries":[]}');
INSERT INTO "events" VALUES(22,'00000000000000000000000000000009','LabelBuilt','examples',1770580880576107,NULL,NULL,NULL,NULL,'ffffffffffffffffffffffffffffffff','{"event_id":"00000000000000000000000000000009","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"ffffffffffffffffffffffffffffffff","revision":1,"aspect":"widget","rule":"clear_sign","question":{"key":"3a454ad3d9418f0362bdc375","text":"What is the power of pump 001?","intent":"query","device_type":"pump","characteristic":"energy","phrasing":"what is the _ of _ _","asked":null},"prompt":"p","sources":[{"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","revision":2,"user_id":"operator-1"}],"type":"LabelBuilt","answer":"{\"heading\":\"x\",\"widgets\":[]}","desirable":false,"reward":-0.4}');
INSERT INTO "events" VALUES(23,'0197c0de-0000-7000-8000-0000000000f1','Forgotten','forgotten',1767600001000000,NULL,NULL,NULL,NULL,NULL,'{"event_id":"0197c0de-0000-7000-8000-0000000000f1","schema_version":1,"occurred_at":"2026-01-05T08:00:01Z","caused_by":"0197c0de-0000-7000-8000-0000000000f0","trace":{},"type":"Forgotten","service":"reward","erased":{"answers":2,"days":1,"questions":3}}');
INSERT INTO "events" VALUES(24,'0197c0de-0000-7000-8000-0000000000f0','ForgetRequested','commands',1767600000000000,NULL,NULL,NULL,NULL,NULL,'{"event_id":"0197c0de-0000-7000-8000-0000000000f0","schema_version":1,"occurred_at":"2026-01-05T08:00:00Z","caused_by":null,"trace":{},"type":"ForgetRequested","requested_by":"plant-office","query_ids":["0197c0de-0000-7000-8000-000000000001","legacy-17"],"decision_ids":["0197c0de-0000-7000-8000-000000000002"],"run_ids":["4c1f9a52d0e84b7f9f2f3c1a7d5e6b80"],"remarks":[{"event_id":"0197c0de-0000-7000-8000-000000000003","query_id":"legacy-18"}],"retrain":true}');
INSERT INTO "events" VALUES(25,'01990004-7a52-7f0e-9a61-0c9f4f6e0a01','FeedbackReceived','feedback',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01','operator-1',NULL,NULL,NULL,'{"event_id":"01990004-7a52-7f0e-9a61-0c9f4f6e0a01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"FeedbackReceived","feedback":{"follow_up_type":null,"evaluation_confidence":null,"evaluation_reasoning":null,"query_understanding":null,"per_widget_feedback":null,"missing_widgets":null,"suggested_improvements":null,"voice_response_rating":null,"voice_quality_scores":null,"voice_evaluation_confidence":null,"voice_evaluation_reasoning":null,"voice_dimension_scores_claude":null,"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"operator-1","rating":"down","interactions":[{"widget_index":0,"action":"view","duration_ms":10.0,"timestamp":null}],"correction":"I meant pump 2"}}');
INSERT INTO "events" VALUES(26,'01990005-7a52-7f0e-9a61-0c9f4f6e0a01','FeedbackReceived','feedback',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',NULL,NULL,NULL,NULL,'{"event_id":"01990005-7a52-7f0e-9a61-0c9f4f6e0a01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"FeedbackReceived","feedback":{"follow_up_type":"repeat","evaluation_confidence":null,"evaluation_reasoning":null,"query_understanding":null,"per_widget_feedback":[{"widget_index":1,"widget_type":"","appropriateness_score":0.2,"size_appropriate":null,"issues":[],"strengths":[]}],"missing_widgets":["kpi"],"suggested_improvements":null,"voice_response_rating":null,"voice_quality_scores":null,"voice_evaluation_confidence":0.15,"voice_evaluation_reasoning":"invents the value","voice_dimension_scores_claude":null,"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"","rating":null,"interactions":null,"correction":null}}');
INSERT INTO "events" VALUES(27,'00000000000000000000000000000006','ExperienceScored','rewards',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01','operator-1',NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000006","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ExperienceScored","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"operator-1","revision":2,"rating":"up","follow_up":null,"total":1.2,"components":{"explicit_rating":1.0,"text_quality":0.2},"widget_reward":0.5,"voice_reward":1.1,"voice_response_rating":"good","text_quality":{"total":0.9},"settings_hash":"abc123","warnings":[],"plan":null}');
INSERT INTO "events" VALUES(28,'00000000000000000000000000000007','ExperienceScored','rewards',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',NULL,NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000007","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"ExperienceScored","query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","user_id":"","revision":1,"rating":null,"follow_up":null,"total":0.0,"components":{},"widget_reward":null,"voice_reward":null,"voice_response_rating":null,"text_quality":null,"settings_hash":"abc123","warnings":[],"plan":null}');
INSERT INTO "events" VALUES(29,'01990002-7a52-7f0e','ExperienceRecorded','experiences',1770580880000000,'old-1',NULL,NULL,NULL,NULL,'{"event_id":"01990002-7a52-7f0e","schema_version":1,"occurred_at":"2026-02-08T20:01:20Z","caused_by":null,"trace":{},"type":"ExperienceRecorded","experience":{"follow_up_type":null,"evaluation_confidence":null,"evaluation_reasoning":null,"query_understanding":null,"per_widget_feedback":null,"missing_widgets":null,"suggested_improvements":null,"voice_response_rating":null,"voice_quality_scores":null,"voice_evaluation_confidence":null,"voice_evaluation_reasoning":null,"voice_dimension_scores_claude":null,"query_id":"old-1","timestamp":"2026-01-20T08:00:00Z","user_id":"","transcript":"Any alarms?","parsed_intent":{"type":"query","domains":[],"entities":{},"confidence":0.0,"primary_characteristic":null,"secondary_characteristics":[],"parse_method":""},"available_data_summary":{},"user_history":[],"fixtures":{},"widget_plan":{"heading":"","widgets":[],"select_method":""},"intent_confidence":0.0,"processing_time_ms":0.0,"user_rating":null,"widget_interactions":null,"correction_text":null,"voice_response":null,"prompt_version":null,"decision_id":null,"computed_reward":null}}');
INSERT INTO "events" VALUES(30,'01990001-7a52-7f0e-9a61-0c9f4f6e0a01','ExperienceRecorded','experiences',1770580880576107,'7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01','operator-1',NULL,NULL,NULL,'{"event_id":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"ExperienceRecorded","experience":{"follow_up_type":"satisfied","evaluation_confidence":0.93,"evaluation_reasoning":"judged","query_understanding":"clear","per_widget_feedback":[{"widget_index":1,"widget_type":"kpi","appropriateness_score":0.94,"size_appropriate":true,"issues":[],"strengths":["shows the value"]}],"missing_widgets":[],"suggested_improvements":["add a trend"],"voice_response_rating":"good","voice_quality_scores":{"total":0.9},"voice_evaluation_confidence":0.92,"voice_evaluation_reasoning":"states the value","voice_dimension_scores_claude":{"groundedness":0.9,"conciseness":1,"directness":1,"specificity":0.8,"tts_friendliness":1},"query_id":"7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01","timestamp":"2026-02-08T20:01:18+05:30","user_id":"operator-1","transcript":"What is the power of pump 001?","parsed_intent":{"type":"query","domains":["industrial"],"entities":{"devices":["pump-001"],"metric":"power","time":"now"},"confidence":0.91,"primary_characteristic":"energy","secondary_characteristics":["trend"],"parse_method":"llm"},"available_data_summary":{"readings":[{"equipment":"pump 001","metric":"power","value":45.0,"unit":"kW"}]},"user_history":[],"fixtures":{"kpi":"kpi-default"},"widget_plan":{"heading":"Pump 001","widgets":[{"scenario":"kpi","size":"hero","relevance":0.95,"why":"the value","height_units":8.0,"data_request":{"device":"pump-001"}},{"scenario":"brand-new-scenario","size":"normal","relevance":0.0,"why":"","height_units":null,"data_request":null}],"select_method":"llm"},"intent_confidence":0.9,"processing_time_ms":2310.0,"user_rating":"up","widget_interactions":[{"widget_index":0,"action":"expand","duration_ms":7841.0,"timestamp":"2026-02-08T20:01:30"}],"correction_text":null,"voice_response":"Pump 001 is consuming 45 kilowatts.","prompt_version":"v3","decision_id":null,"computed_reward":1.2}}');
INSERT INTO "events" VALUES(31,'01990003-7a52-7f0e-9a61-0c9f4f6e0a01','ExperienceRecorded','experiences',1770580880576107,'q',NULL,NULL,NULL,NULL,'{"event_id":"01990003-7a52-7f0e-9a61-0c9f4f6e0a01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"ExperienceRecorded","experience":{"follow_up_type":null,"evaluation_confidence":null,"evaluation_reasoning":null,"query_understanding":null,"per_widget_feedback":[],"missing_widgets":[],"suggested_improvements":null,"voice_response_rating":null,"voice_quality_scores":null,"voice_evaluation_confidence":null,"voice_evaluation_reasoning":null,"voice_dimension_scores_claude":null,"query_id":"q","timestamp":"2026-01-20T08:00:00Z","user_id":"","transcript":"","parsed_intent":{"type":"query","domains":[],"entities":{},"confidence":0.0,"primary_characteristic":null,"secondary_characteristics":[],"parse_method":""},"available_data_summary":{},"user_history":[],"fixtures":{},"widget_plan":{"heading":"","widgets":[],"select_method":""},"intent_confidence":0.0,"processing_time_ms":0.0,"user_rating":null,"widget_interactions":[],"correction_text":null,"voice_response":null,"prompt_version":null,"decision_id":null,"computed_reward":null}}');
INSERT INTO "events" VALUES(32,'0000000000000000000000000000000a','ExampleRetracted','examples',1770580880576107,NULL,NULL,NULL,NULL,'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','{"event_id":"0000000000000000000000000000000a","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"example_id":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee","revision":4,"type":"ExampleRetracted","reason":"a newer revision of its answers no longer supports it"}');
INSERT INTO "events" VALUES(33,'01990001-7a52-7f0e-9a61-0c9f4f6e0b01','DecisionMade','decisions',1770580880576107,NULL,'operator-1',NULL,NULL,NULL,'{"event_id":"01990001-7a52-7f0e-9a61-0c9f4f6e0b01","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":null,"trace":{},"type":"DecisionMade","user_id":"operator-1","query":{"transcript":"What is the power of pump 001 today?","intent":"query","confidence":0.92,"domains":["industrial"],"characteristics":["energy","trend"],"devices":1,"timed":true},"candidates":[{"scenario":"trend","relevance":0.62,"size":"expanded","required":false},{"scenario":"kpi","relevance":0.58,"size":"compact","required":false},{"scenario":"alerts","relevance":0.31,"size":"compact","required":true},{"scenario":"category-bar","relevance":0.47,"size":"normal","required":false},{"scenario":"trends-cumulative","relevance":null,"size":"normal","required":false}],"limit":3,"order":[0,4,2,3,1],"worths":[0.3716217231750488,0.35928967773914333,-0.007748963832855227,0.3429181885719299,0.31285862624645233],"propensity":0.009217683741218206,"policy":{"weight":1.0,"share":0.1,"temperature":0.3,"slots":3},"scorer":"s812-3f9a1c0b2d4e"}');
INSERT INTO "events" VALUES(34,'00000000000000000000000000000010','CheckpointReady','checkpoints',1770580880576107,NULL,NULL,'run-1',NULL,NULL,'{"event_id":"00000000000000000000000000000010","schema_version":1,"occurred_at":"2026-02-08T20:01:20.576107Z","caused_by":"01990001-7a52-7f0e-9a61-0c9f4f6e0a01","trace":{},"type":"CheckpointReady","run_id":"run-1","base_model":"smollm2-135m-instruct","manifest":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","size":1234,"name":"manifest.json"}}');
INSERT INTO "events" VALUES(35,'01990020-7a52-7f0e-9a61-0c9f4f6e0a02','CancelRequested','commands',1770581060576107,NULL,NULL,'5b2d0a8c9e7f4416a3d1c0b2e4f69788',NULL,NULL,'{"event_id":"01990020-7a52-7f0e-9a61-0c9f4f6e0a02","schema_version":1,"occurred_at":"2026-02-08T20:04:20.576107Z","caused_by":null,"trace":{},"type":"CancelRequested","requested_by":"maria","reason":"the line starts again","run_id":"5b2d0a8c9e7f4416a3d1c0b2e4f69788"}');
INSERT INTO "events" VALUES(36,'01990021-7a52-7f0e-9a61-0c9f4f6e0a03','ActivationRequested','commands',1770581120576107,NULL,NULL,NULL,'v20260207t200120-0123456789ab',NULL,'{"event_id":"01990021-7a52-7f0e-9a61-0c9f4f6e0a03","schema_version":1,"occurred_at":"2026-02-08T20:05:20.576107Z","caused_by":null,"trace":{},"type":"ActivationRequested","requested_by":"maria","reason":"answers about the chillers are worse","version":"v20260207t200120-0123456789ab"}');
INSERT INTO "events" VALUES(37,'00000000000000000000000000000017','ActivationRefused','models',1770581120576107,NULL,NULL,NULL,NULL,NULL,'{"event_id":"00000000000000000000000000000017","schema_version":1,"occurred_at":"2026-02-08T20:05:20.576107Z","caused_by":"01990022-7a52-7f0e-9a61-0c9f4f6e0a04","trace":{},"type":"ActivationRefused","name":"cc-widget-selector","version":null,"reason":"no registered version was active before v20260207t200120-0123456789ab","requested_by":"maria"}');
CREATE TABLE example_sources (
	example_id VARCHAR NOT NULL, 
	query_id VARCHAR NOT NULL, 
	PRIMARY KEY (example_id, query_id)
);
INSERT INTO "example_sources" VALUES('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01');
INSERT INTO "example_sources" VALUES('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','other');
INSERT INTO "example_sources" VALUES('dddddddddddddddddddddddddddddddd','7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01');
INSERT INTO "example_sources" VALUES('ffffffffffffffffffffffffffffffff','7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01');
CREATE TABLE examples (
	example_id VARCHAR NOT NULL, 
	kind VARCHAR, 
	aspect VARCHAR, 
	rule VARCHAR, 
	question TEXT, 
	built_at BIGINT, 
	state VARCHAR, 
	reason TEXT, 
	revision BIGINT, 
	stamps JSON NOT NULL, 
	PRIMARY KEY (example_id)
);
INSERT INTO "examples" VALUES('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee','pair','voice','same_question','What is the power of pump 001?',1770580880576107,'retracted','a newer revision of its answers no longer supports it',4,'{"built":[3,"00000000000000000000000000000008"],"state":[4,"0000000000000000000000000000000a"]}');
INSERT INTO "examples" VALUES('abababababababababababababababab','pair','voice','imported','What is the power of pump 001?',1770555600000000,'built','',1,'{"built":[1,"00000000000000000000000000000033"],"state":[1,"00000000000000000000000000000033"]}');
INSERT INTO "examples" VALUES('dddddddddddddddddddddddddddddddd','demonstration','voice','corrected_request','What is the power of pump 001?',1770580880576107,'built','',1,'{"built":[1,"00000000000000000000000000000013"],"state":[1,"00000000000000000000000000000013"]}');
INSERT INTO "examples" VALUES('ffffffffffffffffffffffffffffffff','label','widget','clear_sign','What is the power of pump 001?',1770580880576107,'built','',1,'{"built":[1,"00000000000000000000000000000009"],"state":[1,"00000000000000000000000000000009"]}');
CREATE TABLE experiences (
	query_id VARCHAR NOT NULL, 
	answered_at BIGINT, 
	user_id VARCHAR, 
	transcript TEXT, 
	intent_type VARCHAR, 
	domains JSON, 
	primary_characteristic VARCHAR, 
	confidence DOUBLE, 
	select_method VARCHAR, 
	heading TEXT, 
	scenarios JSON, 
	widget_count BIGINT, 
	processing_time_ms BIGINT, 
	voiced BOOLEAN, 
	decision_id VARCHAR, 
	rating VARCHAR, 
	follow_up VARCHAR, 
	correction TEXT, 
	interactions BIGINT, 
	by_user BOOLEAN, 
	by_judge BOOLEAN, 
	evaluation_confidence DOUBLE, 
	query_understanding TEXT, 
	widgets_judged BIGINT, 
	widget_score DOUBLE, 
	missing_widgets JSON, 
	voice_rating VARCHAR, 
	voice_confidence DOUBLE, 
	voice_scores JSON, 
	revision BIGINT, 
	reward DOUBLE, 
	widget_reward DOUBLE, 
	voice_reward DOUBLE, 
	components JSON, 
	read_follow_up VARCHAR, 
	scored_at BIGINT, 
	stamps JSON NOT NULL, 
	PRIMARY KEY (query_id)
);
INSERT INTO "experiences" VALUES('7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01',1770561078000000,'operator-1','What is the power of pump 001?','query','["industrial"]','energy',0.9,'llm','Pump 001','["kpi","brand-new-scenario"]',2,2310,1,NULL,'down','repeat','I meant pump 2',1,1,1,0.93,'clear',1,0.2,'["kpi"]','good',0.15,'{"conciseness":1.0,"directness":1.0,"groundedness":0.9,"specificity":0.8,"tts_friendliness":1.0}',2,1.2,0.5,1.1,'{"explicit_rating":1.0,"text_quality":0.2}',NULL,1770580880576107,'{"rating":[1770580880576107,"01990004-7a52-7f0e-9a61-0c9f4f6e0a01"],"correction":[1770580880576107,"01990004-7a52-7f0e-9a61-0c9f4f6e0a01"],"interactions":[1770580880576107,"01990004-7a52-7f0e-9a61-0c9f4f6e0a01"],"by_user":[1770580880576107,"01990004-7a52-7f0e-9a61-0c9f4f6e0a01"],"follow_up":[1770580880576107,"01990005-7a52-7f0e-9a61-0c9f4f6e0a01"],"voice_confidence":[1770580880576107,"01990005-7a52-7f0e-9a61-0c9f4f6e0a01"],"missing_widgets":[1770580880576107,"01990005-7a52-7f0e-9a61-0c9f4f6e0a01"],"widgets_judged":[1770580880576107,"01990005-7a52-7f0e-9a61-0c9f4f6e0a01"],"by_judge":[1770580880576107,"01990005-7a52-7f0e-9a61-0c9f4f6e0a01"],"scored":[2,"00000000000000000000000000000006"],"recorded":[1770580880576107,"01990001-7a52-7f0e-9a61-0c9f4f6e0a01"],"evaluation_confidence":[1770580880576107,"01990001-7a52-7f0e-9a61-0c9f4f6e0a01"],"query_understanding":[1770580880576107,"01990001-7a52-7f0e-9a61-0c9f4f6e0a01"],"voice_rating":[1770580880576107,"01990001-7a52-7f0e-9a61-0c9f4f6e0a01"],"voice_scores":[1770580880576107,"01990001-7a52-7f0e-9a61-0c9f4f6e0a01"]}');
INSERT INTO "experiences" VALUES('old-1',1768896000000000,'','Any alarms?','query','[]','',0.0,'','','[]',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"recorded":[1770580880000000,"01990002-7a52-7f0e"]}');
INSERT INTO "experiences" VALUES('q',1768896000000000,'','','query','[]','',0.0,'','','[]',0,0,0,NULL,NULL,NULL,NULL,0,NULL,1,NULL,NULL,0,NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"recorded":[1770580880576107,"01990003-7a52-7f0e-9a61-0c9f4f6e0a01"],"interactions":[1770580880576107,"01990003-7a52-7f0e-9a61-0c9f4f6e0a01"],"missing_widgets":[1770580880576107,"01990003-7a52-7f0e-9a61-0c9f4f6e0a01"],"widgets_judged":[1770580880576107,"01990003-7a52-7f0e-9a61-0c9f4f6e0a01"],"by_judge":[1770580880576107,"01990003-7a52-7f0e-9a61-0c9f4f6e0a01"]}');
CREATE TABLE models (
	version VARCHAR NOT NULL, 
	name VARCHAR, 
	run_id VARCHAR, 
	registry VARCHAR, 
	quantization VARCHAR, 
	gguf_sha256 VARCHAR, 
	top1 DOUBLE, 
	registered_at BIGINT, 
	came_at BIGINT, 
	came_by TEXT, 
	came_because TEXT, 
	went_at BIGINT, 
	went_by TEXT, 
	went_because TEXT, 
	rolled_back BOOLEAN, 
	refused_at BIGINT, 
	refused_by TEXT, 
	refused_because TEXT, 
	stamps JSON NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "models" VALUES('v20260207t200120-0123456789ab',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1770581120576107,'maria','answers about the chillers are worse',NULL,NULL,NULL,NULL,1770581120576107,'maria','model.gguf of v20260207t200120-0123456789ab has changed on disk','{"refused":[1770581120576107,"00000000000000000000000000000016"],"came":[1770581120576107,"00000000000000000000000000000014"]}');
INSERT INTO "models" VALUES('v20260208t200120-ba9876543210',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1770581120576107,'maria','answers about the chillers are worse',0,NULL,NULL,NULL,'{"went":[1770581120576107,"00000000000000000000000000000014"]}');
INSERT INTO "models" VALUES('v1-0123456789ab','cc-widget-selector','run-1','local','q8_0','0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',0.981,1770580880576107,1770580880576107,'','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"registered":[1770580880576107,"00000000000000000000000000000011"],"came":[1770580880576107,"00000000000000000000000000000012"]}');
CREATE TABLE run_examples (
	run_id VARCHAR NOT NULL, 
	example_id VARCHAR NOT NULL, 
	PRIMARY KEY (run_id, example_id)
);
INSERT INTO "run_examples" VALUES('run-1','eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee');
CREATE TABLE runs (
	run_id VARCHAR NOT NULL, 
	method VARCHAR, 
	base_model VARCHAR, 
	dataset_sha256 VARCHAR, 
	pairs BIGINT, 
	held_out BIGINT, 
	started_because TEXT, 
	started_at BIGINT, 
	stage VARCHAR, 
	step BIGINT, 
	steps BIGINT, 
	verdict VARCHAR, 
	reason TEXT, 
	seconds DOUBLE, 
	finished_at BIGINT, 
	last_loss DOUBLE, 
	manifest_sha256 VARCHAR, 
	export_refused TEXT, 
	stamps JSON NOT NULL, 
	PRIMARY KEY (run_id)
);
INSERT INTO "runs" VALUES('run-1','dpo','smollm2-135m-instruct','0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',80,24,'104 pairs wait',1770580880576107,'loading',0,0,'accepted','credibly better',150.0,1770580880576107,0.69,'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef','ollama does not serve the trained model: end: 9 of 10 answers go on after the trained model''s end','{"export_refused":[1770580880576107,"00000000000000000000000000000015"],"started":[1770580880576107,"000000000000000000000000000000b1"],"progressed":[1770580880576107,"0000000000000000000000000000000d"],"finished":[1770580880576107,"0000000000000000000000000000000e"],"checkpointed":[1770580880576107,"00000000000000000000000000000010"]}');
INSERT INTO "runs" VALUES('run-3',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'refused','credibly worse for language de: text quality -0.50 [-0.60, -0.40], 6 cases',150.0,1770580880576107,0.69,NULL,NULL,'{"finished":[1770580880576107,"0000000000000000000000000000001f"]}');
INSERT INTO "runs" VALUES('run-2',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'failed','out of memory',3.0,1770580880576107,NULL,NULL,NULL,'{"finished":[1770580880576107,"0000000000000000000000000000000f"]}');
CREATE INDEX events_by_query_id ON events (query_id) WHERE query_id IS NOT NULL;
CREATE INDEX events_by_user_id ON events (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX events_by_run_id ON events (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX events_by_version ON events (version) WHERE version IS NOT NULL;
CREATE INDEX events_by_example_id ON events (example_id) WHERE example_id IS NOT NULL;
CREATE INDEX experiences_by_time ON experiences (answered_at, query_id);
CREATE INDEX experiences_by_user ON experiences (user_id);
CREATE INDEX examples_by_time ON examples (built_at, example_id);
CREATE INDEX ix_example_sources_query_id ON example_sources (query_id);
CREATE INDEX ix_runs_started_at ON runs (started_at);
CREATE INDEX ix_run_examples_example_id ON run_examples (example_id);
CREATE INDEX ix_models_run_id ON models (run_id);
COMMIT;
