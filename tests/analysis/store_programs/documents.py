"""Programs on PostgREST, DynamoDB, Firestore, Redis and MongoDB."""

from __future__ import annotations

from .store import CHECK, CREATE, ITEM_CHECK, Store

_SUPABASE = (
    'return client.table("notes").select("*").eq("id", note_id)«.eq("user_id", user.id)».single().execute()',
    'return client.from_("notes").select("text")«.eq("user_id", user.id)».execute()',
    'return client.table("notes").select("*").match({"id": note_id«, "user_id": user.id»}).execute()',
    'return client.table("notes").select("*").filter("id", "eq", note_id)«.filter("user_id", "eq", user.id)».execute()',
    'query = client.table("notes").select("*").eq("id", note_id)\n«query = query.eq("user_id", user.id)\n»return query.execute()',
    'client.table("notes").update({"text": text}).eq("id", note_id)«.eq("user_id", user.id)».execute()',
    'client.table("notes").delete().eq("id", note_id)«.eq("user_id", user.id)».execute()',
    'rows = client.table("notes").select("*").eq("id", note_id).execute().data\n'
    '«if rows[0]["user_id"] != user.id:\n    raise HTTPException(404)\n»return rows[0]',
)
_SUPABASE_SEED = """\
from app.db import client


def add(user, text):
    client.table("notes").insert({"user_id": user.id, "text": text}).execute()
"""
DOCUMENTS = (
    Store(
        "supabase",
        "from app.db import client",
        _SUPABASE,
        files={
            "app/db.py": 'from supabase import create_client\n\nclient = create_client("https://db", "service-key")\n',
            "app/seed.py": _SUPABASE_SEED,
        },
    ),
    Store(
        "supabase-async",
        "from app.db import client",
        tuple(text.replace("return client", "return await client") for text in _SUPABASE[:4]),
        files={
            "app/db.py": "from supabase import AsyncClient\n\nclient: AsyncClient\n",
            "app/seed.py": _SUPABASE_SEED.replace("def add", "async def add").replace(
                "client.table(", "await client.table("
            ),
        },
    ),
    Store(
        "postgrest",
        'from postgrest import SyncPostgrestClient\n\nclient = SyncPostgrestClient("https://db")',
        _SUPABASE[:3],
        files={"schema.sql": CREATE},
    ),
    Store(
        "dynamodb",
        "import boto3\nfrom boto3.dynamodb.conditions import Attr, Key\n\n"
        'dynamodb = boto3.resource("dynamodb")\ntable = dynamodb.Table("notes")',
        (
            'return table.get_item(Key={"id": note_id«, "user_id": user.id»})["Item"]',
            'return table.get_item(Key={«"user_id": user.id, »"id": note_id}).get("Item")',
            'row = table.get_item(Key={"id": note_id})["Item"]«' + ITEM_CHECK + "»\nreturn row",
            'return table.query(KeyConditionExpression=Key("id").eq(note_id)« & Key("user_id").eq(user.id)»)["Items"]',
            'return table.query(KeyConditionExpression=Key("id").eq(note_id)«, FilterExpression=Attr("user_id").eq(user.id)»)["Items"]',
            'return table.scan(«FilterExpression=Attr("user_id").eq(user.id)»)["Items"]',
            'table.update_item(Key={"id": note_id«, "user_id": user.id»}, UpdateExpression="SET text = :t", '
            'ExpressionAttributeValues={":t": text})',
            'table.update_item(Key={"id": note_id}, UpdateExpression="SET text = :t"'
            '«, ConditionExpression="user_id = :me"», ExpressionAttributeValues={":t": text«, ":me": user.id»})',
            'table.delete_item(Key={"id": note_id}«, ConditionExpression=Attr("user_id").eq(user.id)»)',
            'return table.query(KeyConditionExpression="id = :id« AND user_id = :me»", '
            'ExpressionAttributeValues={":id": note_id«, ":me": user.id»})["Items"]',
        ),
        files={
            "app/seed.py": 'import boto3\n\ntable = boto3.resource("dynamodb").Table("notes")\n\n\n'
            'def add(user, text):\n    table.put_item(Item={"id": "1", "user_id": user.id, "text": text})\n'
        },
    ),
    Store(
        "dynamodb-client",
        'import boto3\n\nclient = boto3.client("dynamodb")',
        (
            'return client.get_item(TableName="notes", Key={"id": {"S": note_id}«, "user_id": {"S": user.id}»})["Item"]',
            'client.delete_item(TableName="notes", Key={"id": {"S": note_id}«, "user_id": {"S": user.id}»})',
            'return client.scan(TableName="notes"«, FilterExpression="user_id = :me", '
            'ExpressionAttributeValues={":me": {"S": user.id}}»)["Items"]',
        ),
        files={
            "app/seed.py": 'import boto3\n\nclient = boto3.client("dynamodb")\n\n\n'
            'def add(user, text):\n    client.put_item(TableName="notes", Item={"id": {"S": "1"}, "user_id": {"S": user.id}})\n'
        },
    ),
    Store(
        "firestore",
        "from google.cloud.firestore import FieldFilter\n\nfrom app.db import client",
        (
            'row = client.collection("notes").document(note_id).get().to_dict()«' + ITEM_CHECK + "»\nreturn row",
            'found = client.collection("notes").document(note_id).get()\n'
            '«if found.get("user_id") != user.id:\n    raise HTTPException(404)\n»return found.to_dict()',
            'query = client.collection("notes")«.where("user_id", "==", user.id)»\nreturn [one.to_dict() for one in query.stream()]',
            'query = client.collection("notes")«.where(filter=FieldFilter("user_id", "==", user.id))»\nreturn query.limit(9).get()',
            'return client.collection_group("notes")«.where(field_path="user_id", op_string="==", value=user.id)».stream()',
            'note = client.collection("notes").document(note_id)\n«if note.get().to_dict()["user_id"] != user.id:\n'
            '    raise HTTPException(404)\n»note.update({"text": text})',
            'note = client.collection("notes").document(note_id)\n«if note.get().to_dict()["user_id"] != user.id:\n'
            "    raise HTTPException(404)\n»note.delete()",
            'found = client.document(f"notes/{note_id}").get()\n«if found.to_dict()["user_id"] != user.id:\n'
            '    raise HTTPException(404)\n»found.reference.set({"text": text}, merge=True)',
            'batch = client.batch()\nnote = client.collection("notes").document(note_id)\n'
            '«if note.get().to_dict()["user_id"] != user.id:\n    raise HTTPException(404)\n»batch.delete(note)\nbatch.commit()',
        ),
        files={
            "app/db.py": "from firebase_admin import firestore\n\nclient = firestore.client()\n",
            "app/seed.py": "from app.db import client\n\n\ndef add(user, text):\n"
            '    client.collection("notes").add({"user_id": user.id, "text": text})\n',
        },
    ),
    Store(
        "pynamodb",
        "from app.models import Note",
        (
            "row = Note.get(note_id)«" + CHECK + "»\nreturn row",
            "return list(Note.query(note_id«, filter_condition=Note.user_id == user.id»))",
            "return list(Note.scan(«Note.user_id == user.id»))",
            "row = Note.get(note_id)«" + CHECK + "»\nrow.delete()",
            "row = Note.get(note_id)«" + CHECK + "»\nrow.update(actions=[Note.text.set(text)])",
        ),
        """\
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model


class Note(Model):
    class Meta:
        table_name = "notes"

    id = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    text = UnicodeAttribute()
""",
    ),
    Store(
        "redis",
        "import hashlib\nimport json\n\nimport redis\n\nr = redis.Redis()",
        (
            'return r.get(f"note:«{user.id}:»{note_id}")',
            'return r.hgetall(f"note:«{user.id}:»{note_id}")',
            'return r.lrange("note:«{}:»{}".format(«user.id, »note_id), 0, -1)',
            'key = f"note:«{user.id}:»{note_id}"\nreturn r.get(key)',
            'return r.get("note:" + «user.id + ":" + »note_id)',
            'return r.get("note:" + «hashlib.sha256(»text«.encode()).hexdigest()»)',
            'r.delete(f"note:«{user.id}:»{note_id}")',
            'r.set(f"note:«{user.id}:»{note_id}", text)',
            'row = json.loads(r.get(f"note:{note_id}"))«' + ITEM_CHECK + "»\nreturn row",
        ),
        files={
            "app/seed.py": "import json\n\nimport redis\n\nr = redis.Redis()\n\n\n"
            'def add(user, note_id, text):\n    r.set(f"note:{note_id}", json.dumps({"user_id": user.id, "text": text}))\n'
            '    r.sadd(f"user:{user.id}:notes", note_id)\n',
        },
    ),
    Store(
        "pymongo",
        'import pymongo\nfrom bson import ObjectId\n\ndb = pymongo.MongoClient()["app"]',
        (
            'return db.notes.find_one({"_id": ObjectId(note_id)«, "user_id": user.id»})',
            'return list(db.notes.find({«"user_id": user.id»}))',
            'db["notes"].update_one({"_id": ObjectId(note_id)«, "user_id": user.id»}, {"$set": {"text": text}})',
            'db.notes.delete_one({"_id": ObjectId(note_id)«, "user_id": user.id»})',
            'row = db.notes.find_one({"_id": ObjectId(note_id)})«' + ITEM_CHECK + "»\nreturn row",
        ),
        files={
            "app/seed.py": 'import pymongo\n\ndb = pymongo.MongoClient()["app"]\n\n\n'
            'def add(user, text):\n    db.notes.insert_one({"user_id": user.id, "text": text})\n'
        },
    ),
)
