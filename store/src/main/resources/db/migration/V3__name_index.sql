-- The name comes first, so that nothing but a name is ever looked up by this index. With the tenant
-- in front, plans that were made while the table was small looked pipelines up by tenant alone and
-- went through all of them, at every check of a foreign key.
ALTER TABLE pipeline DROP CONSTRAINT pipeline_name_is_unique;
ALTER TABLE pipeline ADD CONSTRAINT pipeline_name_is_unique UNIQUE (name, tenant_id);
